"""Sites and a browser that several modules use one after the other, because each takes seconds to start.

`conftest.py` of the project has one process run the modules that share a site, and ends what the next does not use.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

# All visitors of all modules come from one address.
UNLIMITED = {"GUEST_RATE": "none", "ORDER_RATE": "none"}
SITES = {
    "composer_site": UNLIMITED,
    "scripted_site": UNLIMITED
    | {
        "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        # Mails stand in its log.
    },
}
_shared: dict[str, tuple[Any, ExitStack]] = {}
_begun: list[Path] = []


def shared(name: str, start: Callable[[], AbstractContextManager[Any]]) -> Any:
    """What is shared by this name: what `start` gives, until `end_all_but` ends it."""
    if name not in _shared:
        stack = ExitStack()
        _shared[name] = stack.enter_context(start()), stack
    return _shared[name][0]


def end_what_a_module_does_not_use(module: Path, used: Collection[str]) -> None:
    """At a module's first test, which uses these fixtures, end what the modules before it shared."""
    if _begun[-1:] != [module]:
        _begun[:] = [module]
        end_all_but(used)


def end_all_but(used: Collection[str]) -> None:
    """End what is not among `used`, which are names of fixtures."""
    for name in [name for name in _shared if name not in used]:
        _, stack = _shared.pop(name)
        stack.close()
