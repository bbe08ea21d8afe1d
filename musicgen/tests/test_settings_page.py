"""The page of the settings in force: every variable, where its value comes from, and no secret."""

from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from musicgen.settings_page import in_force, shown
from musicgen.tests.test_settings import variables_read

pytestmark = pytest.mark.usefixtures("without_manifest")
PAGE = "/admin/settings/"
# None has eight characters, by which it would be known wherever it stands.
PLANTED = "pl4nt3d"


@pytest.fixture
def superuser(db) -> User:
    return User.objects.create_superuser("operator@example.org", "a long enough secret")


@pytest.fixture
def operator(client, superuser) -> Client:
    client.force_login(superuser)
    return client


def test_every_variable_is_there_with_where_it_comes_from(operator, settings):
    settings.VARIABLES_GIVEN = settings.VARIABLES_GIVEN | {"PORT": True, "SITE_NAME": False}
    settings.PORT, settings.QUOTA_RUNNING = 8123, {"guest": 4, "user": None}
    answer = operator.get(PAGE)
    rows = {row.name: row for row in answer.context["settings_in_force"]}
    assert rows.keys() == variables_read()
    assert (rows["PORT"].value, rows["PORT"].is_given, rows["SITE_NAME"].is_given) == ("8123", True, False)
    assert rows["QUOTA_RUNNING"].value == "guest: 4, user: none"
    assert "So it is in the web process that has answered this" in answer.text
    assert PAGE in operator.get("/admin/").text


def test_no_secret_is_in_it(client, superuser, settings, monkeypatch):
    for name in ("USER", "PASSWORD"):
        monkeypatch.setitem(settings.DATABASES["default"], name, PLANTED)
    settings.SECRET_KEY_FALLBACKS = [PLANTED, f"{PLANTED}2"]
    for name in (
        *("SECRET_KEY", "STORAGE_ACCESS_KEY_ID", "STORAGE_SECRET_ACCESS_KEY"),
        *("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET", "METRICS_TOKEN"),
    ):
        setattr(settings, name, PLANTED)
    settings.REDIS_URL = f"rediss://:{PLANTED}@cache.example.org:6379/0?password={PLANTED}"
    settings.EMAIL_URL = f"smtp+tls://music:{PLANTED}/and@more@mail.example.org:587"
    settings.SENTRY_DSN = f"https://{PLANTED}@errors.example.org/1"
    settings.STORAGE_ENDPOINT_URL = settings.SITE_URL = f"https://{PLANTED}:{PLANTED}@bucket.example.org"
    settings.CSRF_TRUSTED_ORIGINS = ["https://one.example.org", f"https://me:{PLANTED}@two.example.org"]
    client.force_login(superuser)  # under the planted key
    answer = client.get(PAGE)
    text = answer.text
    assert answer.status_code == 200
    assert PLANTED not in text
    for host in ("cache.example.org:6379", "mail.example.org", "errors.example.org", "bucket.example.org"):
        assert f"://***@{host}" in text
    assert "https://one.example.org, https://***@two.example.org" in text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", False, "off"),
        ("TRACK_DAYS", None, "none"),
        ("EMAIL_URL", "", "–"),
        ("METRICS_TOKEN", "", "–"),
        ("TRUSTED_PROXIES", 0, "0"),
        ("MODAL_GPU_PRICES", {"T4": Decimal("0.1")}, "T4: 0.1"),
        ("EMAIL_URL", "smtp:me:secret@host", "***"),
        ("DEFAULT_FROM_EMAIL", "music@example.org", "music@example.org"),
    ],
)
def test_a_value_is_written_as_people_read_it(name, value, words):
    assert shown(name, value) == words


def test_only_superusers_see_it(client, db):
    alice = User.objects.create_user(email="alice@example.org", password="a long enough secret")
    client.force_login(alice)
    assert client.get(PAGE).status_code == 302
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client.get(PAGE).status_code == 403


def test_the_environment_remembers_what_it_was_asked_for():
    assert {row.name for row in in_force()} == set(django_settings.VARIABLES_GIVEN) == variables_read()
