"""`/metrics`: for Prometheus, which sends a token, and for staff, who look at it in a browser."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import rates
from accounts.models import ApiToken
from accounts.token_rules import TokenRefused
from musicgen.client_address import client_network

TEXT = "text/plain; charset=utf-8"
NOT_ALLOWED = (
    "This needs METRICS_TOKEN, or an API token of staff with the scope “read”, as “Authorization: Bearer …”; "
    "or the session of staff.\n"
)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of the whole site. 401 to everybody else, 429 after too many tokens that open nothing."""
    try:
        is_allowed = _is_allowed(request)
    except rates.TooOften as refused:
        headers = {"Retry-After": str(refused.wait)}
        return HttpResponse(
            f"{refused}\n", content_type=TEXT, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers
        )
    if not is_allowed:
        return HttpResponse(
            NOT_ALLOWED,
            content_type=TEXT,
            status=HTTPStatus.UNAUTHORIZED,
            headers={"WWW-Authenticate": "Bearer"},
        )
    from generation.monitoring.exposition import exposition  # late: most web processes are never asked

    text, content_type = exposition(timezone.now(), request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)


def _is_allowed(request: HttpRequest) -> bool:
    """Who sends a token is known by that alone. Raises TooOften."""
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    if not scheme:
        return request.user.is_authenticated and request.user.is_active and request.user.is_staff
    if scheme.lower() != "bearer":
        return False
    secret = secret.strip()
    if settings.METRICS_TOKEN and constant_time_compare(secret, settings.METRICS_TOKEN):
        return True
    try:
        token = ApiToken.objects.authenticate(secret)
    except TokenRefused:
        rates.check("bad-token", client_network(request), [settings.BAD_TOKEN_RATE])
        return False
    return token.user.is_staff and token.may(ApiToken.Scope.READ)
