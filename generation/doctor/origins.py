"""The origins of this site's pages, which are what a bucket's CORS rules must allow."""

from collections.abc import Iterable

from django.conf import settings

_LOOPBACK = ("127.0.0.1", "localhost")


def site_origins(given: Iterable[str] = ()) -> list[str]:
    """Return the origins (`https://music.example.org`) that were given, or else those in the settings.

    Patterns name no origin that a browser could send, and are left out. The list may be empty.
    """
    chosen = [origin.rstrip("/") for origin in given]
    if not chosen:
        chosen = [*settings.CSRF_TRUSTED_ORIGINS, *map(_origin_of, settings.ALLOWED_HOSTS)]
    return [origin for origin in dict.fromkeys(chosen) if origin and "*" not in origin]


def _origin_of(host: str) -> str:
    """The origin of a host in ALLOWED_HOSTS; empty where pages are not looked at by that name."""
    if host in _LOOPBACK:
        return f"http://{host}:{settings.PORT}"
    if "*" in host or host.startswith("["):
        return ""
    scheme = "https" if settings.IS_PUBLIC and not settings.DEBUG else "http"
    return f"{scheme}://{host.removeprefix('.')}"
