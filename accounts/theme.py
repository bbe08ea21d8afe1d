"""In which colours pages are drawn: as an account has chosen, or as a cookie says where nobody is logged in."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Theme, User

COOKIE = "theme"
COOKIE_SECONDS = 365 * 24 * 3600
CHOSEN = (Theme.LIGHT, Theme.DARK)


def theme_of(request: HttpRequest) -> str:
    """ "light" or "dark" where that was chosen; "" for what the device asks for."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and not user.is_guest:
        chosen = cast(User, user).theme
    else:
        chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in CHOSEN else ""


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep a theme in the account, where there is one, and in a cookie, by which the log-in page is drawn too."""
    theme = request.POST.get("theme", "")
    response = redirect(_next(request))
    if theme not in Theme.values:
        return response
    if request.user.is_authenticated and not request.user.is_guest:
        User.objects.filter(pk=request.user.pk).update(theme=theme)
    if theme in CHOSEN:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, theme, COOKIE_SECONDS, secure=secure, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else "account"
