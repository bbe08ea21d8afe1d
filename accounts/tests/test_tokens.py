"""API tokens: what is stored, who is let in, and when a use is noted."""

import hmac
from datetime import timedelta
from hashlib import sha256

import pytest
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.tests.conftest import refusal_of


def user_of(secret: str) -> User:
    return ApiToken.objects.authenticate(secret).user


def test_the_secret_is_never_stored(alice):
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    assert secret.startswith("mg_")
    assert len(secret) >= 40
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert row["digest"] == sha256(secret.encode()).hexdigest()
    assert not [value for value in row.values() if secret in str(value)]
    assert secret.startswith(row["prefix"])
    assert len(row["prefix"]) < 12


def test_every_secret_is_another(alice):
    secrets = {ApiToken.objects.issue(alice, "laptop", ["read"])[1] for _ in range(20)}
    assert len(secrets) == 20


def test_a_secret_leads_to_its_user(alice, bob):
    _, hers = ApiToken.objects.issue(alice, "laptop", ["read"])
    _, his = ApiToken.objects.issue(bob, "laptop", ["read"])
    assert (user_of(hers), user_of(his)) == (alice, bob)


@pytest.mark.parametrize("wrong", ["", "mg_", "mg_guess", "mg_\0", "ключ"])
def test_an_unknown_secret_leads_nowhere(alice, wrong):
    ApiToken.objects.issue(alice, "laptop", ["read"])
    assert refusal_of(wrong) == "authentication_failed"


def test_neither_prefix_nor_digest_is_a_secret(alice):
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    assert refusal_of(token.prefix) == refusal_of(token.digest) == "authentication_failed"


def test_a_revoked_token_is_closed_for_good(alice):
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    assert token.revoke()
    assert not token.revoke()
    assert token.revoked_at is not None
    assert refusal_of(secret) == "token_revoked"
    assert not ApiToken.objects.active().exists()


def test_a_token_of_a_locked_out_user_is_closed(alice):
    _, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    alice.is_active = False
    alice.save()
    assert refusal_of(secret) == "account_inactive"
    assert not ApiToken.objects.active().exists()


def test_the_comparison_in_constant_time_decides(alice, monkeypatch):
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    compared = []

    def refuse(one, other):
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", refuse)
    assert refusal_of(secret) == "authentication_failed"
    assert compared == [(token.digest, token.digest)]


def test_scopes_are_kept_once_each_and_in_order(alice):
    token, _ = ApiToken.objects.issue(alice, "laptop", ["write", "read", "write"])
    assert token.scopes == ["read", "write"]


@pytest.mark.parametrize(
    ("scopes", "sentence"), [(["admin"], "no scope “admin”"), ([], "at least one scope")]
)
def test_wrong_scopes_are_refused_in_words(alice, scopes, sentence):
    with pytest.raises(ValueError, match=sentence):
        ApiToken.objects.issue(alice, "laptop", scopes)
    assert not ApiToken.objects.exists()


def test_a_use_is_noted_once_a_minute(alice, django_assert_num_queries):
    _, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    now = timezone.now()
    with django_assert_num_queries(2):
        token = ApiToken.objects.authenticate(secret, now)
    assert token.last_used_at == now
    with django_assert_num_queries(1):
        ApiToken.objects.authenticate(secret, now + timedelta(seconds=59))
    assert ApiToken.objects.get().last_used_at == now
    ApiToken.objects.authenticate(secret, now + timedelta(seconds=60))
    assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=60)


def test_of_two_uses_at_once_one_is_noted(alice):
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    other = ApiToken.objects.get(pk=token.pk)
    now = timezone.now()
    token.note_use(now)
    other.note_use(now + timedelta(seconds=1))
    assert ApiToken.objects.get().last_used_at == now


def test_what_is_done_to_one_token_is_done_to_no_other(alice):
    one, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    other, secret = ApiToken.objects.issue(alice, "phone", ["read"])
    one.note_use()
    other.refresh_from_db()
    assert other.last_used_at is None
    assert one.revoke()
    assert ApiToken.objects.authenticate(secret) == other
