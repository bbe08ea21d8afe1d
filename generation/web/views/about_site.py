"""What browsers and search engines ask of every site: its icon, how it is installed, what is not to be searched.

None of it belongs to anybody, and the database is not asked.
"""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

DESCRIPTION = "Describe music in a few words and hear it made, in seconds, to keep and to download."
# As --surface in tokens.css.
SURFACE_LIGHT = "#fcf9f7"
PRIVATE_PATHS = (
    "/accounts/",
    "/admin/",
    "/audio/",
    "/files/",
    "/form",
    "/jobs/",
    "/library/",
    "/notices",
)
for_a_day = cache_control(public=True, max_age=24 * 3600)


@require_safe
@for_a_day
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, for those who look for it there without reading a page."""
    return HttpResponse(_icon_file(), content_type="image/x-icon")


@require_safe
@for_a_day
def webmanifest(request: HttpRequest) -> HttpResponse:
    """How the site is installed as an app."""
    icons = [
        {
            "src": static(f"img/icon-{name}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for name, size, purpose in (
            ("192", 192, "any"),
            ("512", 512, "any"),
            ("maskable-512", 512, "maskable"),
        )
    ]
    manifest = {
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "description": DESCRIPTION,
        "id": "/",
        "start_url": reverse("create"),
        "scope": "/",
        "display": "standalone",
        "background_color": SURFACE_LIGHT,
        "theme_color": SURFACE_LIGHT,
        "categories": ["music"],
        "icons": icons,
        "shortcuts": [
            {"name": "Create", "url": reverse("create")},
            {"name": "Library", "url": reverse("library")},
        ],
    }
    return HttpResponse(json.dumps(manifest), content_type="application/manifest+json")


@require_safe
@for_a_day
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines leave alone: all that belongs to somebody, and the API but for its description.

    Pages of tracks are not named: whoever may not see one is answered 404.
    """
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE_PATHS), "Disallow: /api/"]
    lines.append(f"Allow: {reverse('api:docs')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@cache
def _icon_file() -> bytes:
    return Path(settings.BASE_DIR, "static", "img", "favicon.ico").read_bytes()
