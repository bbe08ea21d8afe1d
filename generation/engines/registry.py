"""Engines by their alias, as Django has storages and caches by theirs."""

from functools import lru_cache

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from generation.engines.base import Engine, RemoteEngine


class UnknownEngine(LookupError):
    """No engine of that alias is set up here."""


@lru_cache
def get_engine(alias: str) -> Engine:
    """The engine that `settings.ENGINES` has under `alias`, one object per process. Raises UnknownEngine."""
    try:
        config = settings.ENGINES[alias]
    except KeyError:
        raise UnknownEngine(
            f"There is no engine “{alias[:40]}” here. Choose one of: {', '.join(settings.ENGINES)}."
        ) from None
    engine: Engine = import_string(config["BACKEND"])(**config.get("OPTIONS", {}))
    return engine


def remote_engines() -> dict[str, RemoteEngine]:
    """The engines of `settings.ENGINES` whose calls run elsewhere, by alias."""
    engines = {alias: get_engine(alias) for alias in settings.ENGINES}
    return {alias: engine for alias, engine in engines.items() if isinstance(engine, RemoteEngine)}


def _forget(*, setting: str, **_: object) -> None:
    if setting == "ENGINES":
        get_engine.cache_clear()


setting_changed.connect(_forget)
