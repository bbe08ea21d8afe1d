"""The rules of API tokens: names, ends, how many there may be, and what a token may hand on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import token_rules
from accounts.models import ApiToken, User
from accounts.tests.conftest import refusal_of, token_row
from accounts.token_rules import ENDED_KEPT, LIVE_LIMIT, NotIssued
from musicgen.tests.simultaneous import at_once

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def refused(user: User) -> str:
    """The code with which a token is not issued."""
    with pytest.raises(NotIssued) as error:
        ApiToken.objects.issue(user, "laptop", ["read"])
    return error.value.code


@pytest.mark.parametrize("name", ["laptop", "  laptop ", "<b>“Ω”</b>", "ノート", "🎧", "a" * 100])
def test_names_that_can_be_read_are_kept_as_they_are_written(name):
    assert token_rules.clean_name(name) == name.strip()


@pytest.mark.parametrize(
    "name", ["", "  ", "\u200b", "\u2060\ufeff", "a\nb", "a\tb", "a\0b", "a\x7f", "a" * 101]
)
def test_names_that_cannot_be_read_are_refused(name):
    with pytest.raises(ValueError, match="name"):
        token_rules.clean_name(name)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1", NOON + timedelta(days=1)),
        (" 90 ", NOON + timedelta(days=90)),
        ("2026-01-31", datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("2030-02-28", datetime(2030, 2, 28, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_number_of_days_or_the_end_of_a_day(text, moment):
    assert token_rules.read_expiry(text, NOON) == moment


@pytest.mark.parametrize(
    "text",
    ["", "0", "3651", "9" * 30, "-1", "²", "soon", "2026-01-30", "2026-02-30", "9999-12-31"],
)
def test_other_ends_are_refused(text):
    with pytest.raises(ValueError, match=r"days|past"):
        token_rules.read_expiry(text, NOON)


def test_a_token_opens_the_api_until_it_expires(alice):
    end = timezone.now() + timedelta(hours=1)
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"], expires_at=end)
    assert ApiToken.objects.authenticate(secret) == token
    assert ApiToken.objects.active(end - timedelta(seconds=1)).get() == token
    assert not ApiToken.objects.active(end).exists()
    ApiToken.objects.update(expires_at=timezone.now())
    assert refusal_of(secret) == "token_expired"
    assert ApiToken.objects.get().has_expired()


def test_a_token_that_was_revoked_and_has_expired_was_revoked(alice):
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    ApiToken.objects.update(expires_at=timezone.now())
    token.revoke()
    assert refusal_of(secret) == "token_revoked"


def test_guests_have_no_tokens(guest):
    assert refused(guest) == "account_required"
    assert not ApiToken.objects.exists()


def test_only_so_many_tokens_live_at_once(alice, bob):
    for _ in range(LIVE_LIMIT):
        token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    assert refused(alice) == "too_many_tokens"
    assert ApiToken.objects.issue(bob, "laptop", ["read"])
    token.revoke()
    assert ApiToken.objects.issue(alice, "laptop", ["read"])
    ApiToken.objects.filter(pk=ApiToken.objects.filter(user=alice).first().pk).update(
        expires_at=timezone.now()
    )
    assert ApiToken.objects.issue(alice, "laptop", ["read"])


def test_ended_tokens_are_remembered_for_a_while(alice, bob):
    now = timezone.now()
    for age in range(ENDED_KEPT + 3):
        token_row(alice, f"ended {age}", created_at=now - timedelta(days=age), revoked_at=now)
    live, his = token_row(alice, "live", created_at=now - timedelta(days=999)), token_row(bob, revoked_at=now)
    ApiToken.objects.issue(alice, "new", ["read"])
    left = set(ApiToken.objects.values_list("name", flat=True))
    assert left == {f"ended {age}" for age in range(ENDED_KEPT)} | {"live", "new", his.name}
    assert ApiToken.objects.filter(pk=live.pk).exists()


@pytest.mark.parametrize(
    ("own", "own_end", "wanted", "end", "is_allowed"),
    [
        (["write"], None, ["write"], None, True),
        (["write"], None, ["read"], None, False),
        (["write"], None, ["read", "write"], None, False),
        (["read", "write"], None, ["read"], None, True),
        (["read", "write"], 2, ["read"], 1, True),
        (["read", "write"], 2, ["read"], 2, True),
        (["read", "write"], 2, ["read"], 3, False),
        (["read", "write"], 2, ["read"], None, False),
    ],
)
def test_a_token_makes_none_that_can_do_more_or_lasts_longer(alice, own, own_end, wanted, end, is_allowed):
    def day(number: int | None) -> datetime | None:
        return None if number is None else NOON + timedelta(days=number)

    by = ApiToken(user=alice, scopes=own, expires_at=day(own_end))
    if is_allowed:
        assert ApiToken.objects.issue(alice, "child", wanted, expires_at=day(end), by=by)
    else:
        with pytest.raises(NotIssued) as error:
            ApiToken.objects.issue(alice, "child", wanted, expires_at=day(end), by=by)
        assert error.value.code == "exceeds_own_token"
        assert not ApiToken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_make_no_token_too_many(alice):
    for _ in range(LIVE_LIMIT - 2):
        token_row(alice)

    def issue() -> str:
        try:
            ApiToken.objects.issue(alice, "at once", ["read"])
        except NotIssued as error:
            return error.code
        return "made"

    assert sorted(at_once([issue] * 6)) == ["made"] * 2 + ["too_many_tokens"] * 4
    assert ApiToken.objects.count() == LIVE_LIMIT
