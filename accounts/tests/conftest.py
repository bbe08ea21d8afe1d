"""What the tests of this room share: people, and browsers in front of the real pages."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ApiToken, User
from accounts.rates import HELD
from accounts.token_rules import TokenRefused

PASSWORD = "a long enough secret"


def token_row(user: User, name: str = "laptop", **fields: object) -> ApiToken:
    """A token whose secret nobody knows, also of a guest, to whom none is issued."""
    row = {"prefix": "mg_abc123", "digest": uuid.uuid4().hex * 2, "scopes": ["read"], **fields}
    return ApiToken.objects.create(user=user, name=name, **row)


def refusal_of(secret: str) -> str:
    """The code with which a secret is refused."""
    with pytest.raises(TokenRefused) as refused:
        ApiToken.objects.authenticate(secret)
    return refused.value.code


@pytest.fixture(autouse=True)
def site(settings, tmp_path) -> None:
    """The site's pages and those of `urls`, with no limit used up by another test, no static files to collect
    first, and hashing that takes no time."""
    settings.ROOT_URLCONF = "accounts.tests.urls"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATIC_ROOT = tmp_path
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}
    HELD.clear()


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice@example.org", PASSWORD)


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user("bob@example.org", PASSWORD)


@pytest.fixture
def charlie(db) -> User:
    """The operator."""
    return User.objects.create_superuser("charlie@example.org", PASSWORD)


@pytest.fixture
def log_in() -> Callable[[Client, str], object]:
    """Send the log-in page's form: `log_in(client, email)`."""
    return lambda client, email: client.post("/accounts/login/", {"login": email, "password": PASSWORD})


@pytest.fixture
def guest(client, db) -> User:
    """Somebody who has made music in `client` without logging in."""
    return User.objects.get(pk=client.post("/make-music").json()["id"])
