"""The site's keys: `SECRET_KEY`, which signs, and those before it, whose signatures are still good."""

from django.conf import settings


def site_keys() -> list[str]:
    """`SECRET_KEY` first, then `SECRET_KEY_FALLBACKS` in their order."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
