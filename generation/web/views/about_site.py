"""What browsers and search engines ask of every site: its icon, how it is installed, what is to be searched.

None of it belongs to anybody. The database is asked for public tracks alone.
"""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from generation.models import Track

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
    "/notices",
    "/playlists/",
)
# The sitemaps.org protocol allows so many addresses in a file.
MOST_LISTED = 50_000
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

    Pages of tracks are not named, for whoever may not see one is answered 404, nor the library, which asks to log in.
    """
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE_PATHS), "Disallow: /api/"]
    lines.append(f"Allow: {reverse('api:docs')}")
    lines.append(f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """What search engines may show: the start, and the newest tracks that are public (https://sitemaps.org)."""
    keys = Track.objects.public().order_by("-created_at").values_list("share_key", flat=True)
    tracks = [request.build_absolute_uri(reverse("shared", args=[key])) for key in keys[:MOST_LISTED]]
    context = {"addresses": [request.build_absolute_uri(reverse("create")), *tracks]}
    return render(request, "sitemap.xml", context, content_type="application/xml")


@cache
def _icon_file() -> bytes:
    return Path(settings.BASE_DIR, "static", "img", "favicon.ico").read_bytes()
