"""How often a password may be tried: by one address, for one account, and from a browser that knows it.

Guessing is bounded from every side, and nobody can lock the owner out of an account by guessing at it: a browser in
which somebody has logged in to an account keeps a signed cookie that says so, and is counted for itself alone. This is
OWASP's "device cookie".
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import rates
from musicgen.client_address import client_network

# Wrong passwords. Right ones are not counted.
OF_KNOWN_BROWSER = "10/hour"
OF_ACCOUNT_FROM_ADDRESS = "10/hour"
OF_ADDRESS = "60/hour"
# NIST SP 800-63B, 5.2.2, allows no more than 100 failed attempts for an account.
OF_ACCOUNT = "100/day"
COOKIE = "known_{}"
SALT = "accounts.login_limits"
COOKIE_PATH = "/accounts/"
Limit = tuple[str, str, str]


class Try:
    """One try of a password, counted before it is checked, so that many at once do not slip through."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        """Count it. Raises TooOften beyond one of the limits; then it counts for none of them."""
        self._counted: list[Limit] = []
        for limit in limits:
            standing = rates.count(*limit)
            if standing.is_over:
                self.take_back()
                raise rates.TooOften(standing)
            self._counted.append(limit)

    def take_back(self) -> None:
        """Count it no more: the password was right."""
        for limit in self._counted:
            rates.take_back(*limit)
        self._counted.clear()


def try_password(request: HttpRequest, email: str) -> Try:
    """Count a try of this account's password, whether or not there is one. Raises TooOften."""
    account = account_key(email)
    known = _known(request, account)
    if known:
        return Try([("login-of-known-browser", f"{account}:{known}", OF_KNOWN_BROWSER)])
    network = client_network(request)
    return Try(
        [
            ("login-from-here", f"{account}:{network}", OF_ACCOUNT_FROM_ADDRESS),
            ("logins-from-here", network, OF_ADDRESS),
            ("login", account, OF_ACCOUNT),
        ]
    )


def remember(response: HttpResponse, email: str) -> None:
    """Have the browser that gets this answer be known as one in which this account was logged in to."""
    account = account_key(email)
    response.set_signed_cookie(
        COOKIE.format(account),
        secrets.token_urlsafe(12),
        salt=SALT,
        max_age=settings.SESSION_COOKIE_AGE,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest, account: str) -> str:
    """What tells this browser from others, if the account was logged in to in it; else ""."""
    name = COOKIE.format(account)
    return str(request.get_signed_cookie(name, "", salt=SALT, max_age=settings.SESSION_COOKIE_AGE))


def account_key(email: str) -> str:
    """What stands for an e-mail address where it must not be read."""
    return sha256(email.strip().lower().encode()).hexdigest()[:32]
