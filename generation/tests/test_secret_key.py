"""The site gets another SECRET_KEY: the queue, links to audio and webhooks go on, and the command says what remains."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_q.conf import Conf
from django_q.signing import BadSignature, PickleSerializer, signing

from accounts.models import User
from generation.models import WebhookEndpoint
from generation.queue.packages import opened
from generation.webhooks.endpoint import SecretLost

pytestmark = pytest.mark.django_db
OLD, NEW = "the old key", "the new key"


def message_signed_by(key: str) -> str:
    return str(signing.dumps({"id": "1"}, key=key, salt=Conf.PREFIX, serializer=PickleSerializer))


def rotated() -> str:
    said = StringIO()
    call_command("rotate_secret_key", stdout=said)
    return said.getvalue()


@pytest.fixture(autouse=True)
def keys(settings):
    """Has the site have these keys: the first signs."""

    def are(first: str, *before: str) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = first, list(before)

    are(OLD)
    return are


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    alice = User.objects.create_user("alice@example.org")
    endpoint, _ = WebhookEndpoint.objects.all().add(
        alice,
        url="https://receiver.example/hooks",
        events=["job.failed"],
        jobs_url="https://music.example/jobs",
    )
    return endpoint


def test_jobs_that_were_ordered_before_are_taken(keys):
    message = message_signed_by(OLD)
    keys(NEW, OLD)
    assert opened(message) == opened(message_signed_by(NEW)) == {"id": "1"}
    keys(NEW)
    with pytest.raises(BadSignature):
        opened(message)


def test_a_webhook_keeps_its_secret_and_the_one_before_it(endpoint, keys):
    now = timezone.now()
    first = endpoint.signing_secrets(now)
    keys(NEW, OLD)
    assert endpoint.signing_secrets(now) == first
    rotated_secret = endpoint.rotate_secret()
    assert endpoint.signing_secrets(now)[0] == rotated_secret
    assert first[0] in endpoint.signing_secrets(now)[1:], "a receiver that knows the one before is not lost"
    keys(NEW)
    assert endpoint.signing_secrets(now)[0] == rotated_secret


def test_the_command_names_the_webhooks_for_which_the_old_key_must_stay(endpoint, keys):
    assert "nothing to do" in rotated()
    keys(NEW, OLD)
    said = rotated()
    assert f"Webhook {endpoint.pk} of user {endpoint.owner_id}, to https://receiver.example" in said
    assert "1 webhooks have a secret of an older key" in said
    endpoint.rotate_secret()
    assert "No webhook hangs on an older key" in rotated()
    keys(NEW)
    assert endpoint.signing_secrets(timezone.now())


def test_without_the_old_key_a_webhook_is_lost(endpoint, keys):
    keys(NEW)
    assert endpoint.secret_is_lost
    assert not endpoint.hangs_on_old_key
    with pytest.raises(SecretLost):
        endpoint.signing_secrets(timezone.now())


def test_the_command_has_guests_keep_their_music_when_the_old_key_goes(keys):
    guest, browser = User.objects.create_guest(), Client()
    browser.force_login(guest)
    keys(NEW, OLD)
    assert "Sessions signed anew: 1" in rotated()
    keys(NEW)
    assert "Delete all you have made" in browser.get("/accounts/").text
