"""What every page knows about the site. Nothing here asks the database unless a template uses it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.theme import theme_of
from generation.models import Worker


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, who may come in, and questions that templates may ask: `theme`, `is_guest`, `worker_alive`."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "signup_open": settings.SIGNUP_OPEN,
        "guests_allowed": settings.GUESTS_ALLOWED,
        "theme": lambda: theme_of(request),
        "is_guest": lambda: getattr(getattr(request, "user", None), "is_guest", False),
        "worker_alive": lambda: Worker.objects.alive().exists(),
    }
