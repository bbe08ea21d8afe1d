"""What every page knows about the site. Nothing here asks the database unless a template uses it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from generation.models import Worker


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, who may come in, and two questions that templates may ask: `is_guest` and `worker_alive`."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "signup_open": settings.SIGNUP_OPEN,
        "guests_allowed": settings.GUESTS_ALLOWED,
        "is_guest": lambda: getattr(getattr(request, "user", None), "is_guest", False),
        "worker_alive": lambda: Worker.objects.alive().exists(),
    }
