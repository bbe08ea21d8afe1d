"""Who may do what at which address: the rules that `test_authorisation.py` holds every route to.

Everything that the routes lead to belongs to alice.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated

from accounts.models import User
from generation.api.error_handler import unknown_route
from generation.tests.routes import Route

REFUSALS = (401, 403, 404, 405)
# Who is let in at the door of the admin; everything behind it is for staff.
ADMIN_DOORS = ("/admin/login/", "/admin/logout/")
# What guests, who have no account, cannot have.
FOR_ACCOUNTS = ("/api/v1/tokens", "/api/v1/webhooks")
# Pages of the account, for which whoever has no session is sent to log in.
ACCOUNT_PAGES = (
    *("/accounts/tokens/", "/accounts/webhooks/", "/accounts/email/"),
    *("/accounts/export", "/accounts/delete", "/accounts/password/again/"),
    *(f"/accounts/second-factor/{name}/" for name in ("again", "on", "off", "codes")),
)

Verdict = Callable[[HttpResponse], bool]


@dataclass(frozen=True)
class Caller:
    """Somebody who asks, by a session or a token, which has `scopes` and, unless it `is_good`, opens nothing."""

    name: str
    user: User | None = None
    session: str = ""
    secret: str = ""
    scopes: tuple[str, ...] = ()
    is_good: bool = True

    @property
    def is_alice(self) -> bool:
        return self.user is not None and self.user.email == "alice@example.org"

    @property
    def is_staff(self) -> bool:
        return self.in_session is not None and self.in_session.is_staff

    @property
    def in_session(self) -> User | None:
        """Who this is to the pages, which know no tokens."""
        return self.user if self.session else None

    def client(self) -> Client:
        """A new browser or program of this caller, in which a view that fails is answered as on the site."""
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        client = Client(raise_request_exception=False, headers=headers)
        if self.session:
            client.cookies["sessionid"] = self.session
        return client


def verdict(route: Route, method: str, caller: Caller) -> Verdict:
    """What an answer to this caller must be, which says whether one is."""
    if route.view is unknown_route:
        return _is(404)
    if hasattr(route.view, "cls"):
        return _of_the_api(route, method, caller)
    if is_admins(route):
        return _of_the_admin(route, caller)
    return _of_a_page(route, method, caller)


def is_admins(route: Route) -> bool:
    return route.template.startswith("/admin/")


def is_of_alice(route: Route) -> bool:
    """Whether the address names a thing, which is alice's, rather than what anybody has of their own."""
    things = {"pk", "job_id", "playlist_id", "track_id", "token_id", "webhook_id", "archive_id"}
    return bool(things & set(route.names))


def _of_the_api(route: Route, method: str, caller: Caller) -> Verdict:
    view = route.view.cls  # type: ignore[attr-defined]
    if caller.secret and not caller.is_good:
        return _is(401)
    needs_login = IsAuthenticated in view.permission_classes
    if needs_login and caller.user is None:
        return _is(401)
    scope = "read" if method in SAFE_METHODS else "write"
    if caller.secret and (needs_login or is_of_alice(route)) and scope not in caller.scopes:
        return _is(403)
    if method == "OPTIONS":
        return _is(200)
    if not hasattr(view, {"HEAD": "get"}.get(method, method.lower())):
        return _is(405)
    if is_of_alice(route) and not caller.is_alice:
        return _is(404)
    if route.template in FOR_ACCOUNTS and method == "POST" and caller.user and caller.user.is_guest:
        return _is(400, 403)
    return _reaches


def _of_the_admin(route: Route, caller: Caller) -> Verdict:
    if route.template in ADMIN_DOORS:
        return lambda answer: answer.status_code < 500
    if not caller.is_staff:
        return _sends_to_log_in
    return lambda answer: answer.status_code < 500 and not _sends_to_log_in(answer)


def _of_a_page(route: Route, method: str, caller: Caller) -> Verdict:
    if route.template.startswith("/files/"):
        return _is(403, 405)  # there is a signature or there is not, whoever asks
    is_account = route.template in ("/accounts/", "/accounts/second-factor/") or route.template.startswith(
        ACCOUNT_PAGES
    )
    if is_account and caller.in_session is None:
        return _sends_to_log_in
    if is_of_alice(route):
        if caller.in_session is None or not caller.is_alice:
            return _is(404, 405)
        return lambda answer: answer.status_code not in (401, 403, 404) and answer.status_code < 500
    return lambda answer: answer.status_code < 500 or route.template == "/readyz"  # no worker runs


def _is(*statuses: int) -> Verdict:
    return lambda answer: answer.status_code in statuses


def _reaches(answer: HttpResponse) -> bool:
    return answer.status_code not in REFUSALS and answer.status_code < 500


def _sends_to_log_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and "/login/?next=" in answer["Location"]
