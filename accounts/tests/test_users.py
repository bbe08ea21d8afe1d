"""Who a user is, and what the database refuses to store as one."""

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError

from accounts.models import ApiToken, User


def test_the_email_is_kept_in_lower_case_and_the_password_hashed(db):
    user = User.objects.create_user("  Alice@Example.ORG ", "secret words")
    assert user.email == "alice@example.org"
    assert "secret words" not in user.password
    assert user.check_password("secret words")


def test_an_email_belongs_to_one_user_in_any_case(alice):
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="ALICE@example.org")])


def test_a_user_is_found_by_email_in_any_case(alice):
    assert User.objects.get_by_natural_key("ALICE@example.org") == alice


@pytest.mark.parametrize(
    "wrong", [{"email": None}, {"email": ""}, {"email": "x@example.org", "is_guest": True}]
)
def test_an_account_has_an_email_and_a_guest_has_none(db, wrong):
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(**wrong)])


def test_many_guests_may_have_no_email(db):
    first, second = User.objects.create_guest(), User.objects.create_guest()
    assert first.email is None
    assert first != second
    assert not first.has_usable_password()


def test_a_user_without_email_is_refused_in_words(db):
    with pytest.raises(ValueError, match="needs an e-mail"):
        User.objects.create_user("")
    with pytest.raises(ValidationError, match="only a guest has none"):
        User(email="").clean()


def test_display_names(alice, db):
    guest = User.objects.create_guest()
    assert alice.display_name == str(alice) == "alice@example.org"
    assert guest.display_name == "Guest"
    assert str(guest) == f"Guest {str(guest.pk)[:8]}"


def test_createsuperuser_makes_an_operator(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "secret words")
    call_command("createsuperuser", interactive=False, email="charlie@example.org", verbosity=0)
    charlie = User.objects.get(email="charlie@example.org")
    assert charlie.is_staff
    assert charlie.is_superuser
    assert charlie.check_password("secret words")


def test_a_guest_becomes_an_account_once(db):
    guest = User.objects.create_guest()
    late = User.objects.get(pk=guest.pk)
    assert guest.become_account("Alice@example.org", "secret words")
    assert not late.become_account("mallory@example.org", "other words")
    alice = User.objects.get(pk=guest.pk)
    assert (alice.email, alice.is_guest) == ("alice@example.org", False)
    assert alice.check_password("secret words")


def test_closing_one_user_touches_no_other(alice, bob):
    for user in (alice, bob):
        ApiToken.objects.issue(user, "laptop", ["read"])
        EmailAddress.objects.create(user=user, email=user.email)
    assert alice.close()
    assert [token.user for token in ApiToken.objects.all()] == [bob]
    assert [address.user for address in EmailAddress.objects.all()] == [bob]
    bob.refresh_from_db()
    assert (bob.email, bob.is_active, bob.deleted_at) == ("bob@example.org", True, None)
    assert list(User.objects.closed()) == [alice]


def test_a_user_is_closed_once(alice):
    late = User.objects.get(pk=alice.pk)
    assert alice.close()
    assert not late.close()
    assert (alice.is_staff, alice.is_superuser, alice.is_guest, str(alice)[:5]) == (
        False,
        False,
        True,
        "Guest",
    )
    assert not alice.has_usable_password()


def test_an_operator_who_is_closed_has_no_rights_left(db):
    charlie = User.objects.create_superuser("charlie@example.org", "secret words")
    assert charlie.close()
    assert (charlie.is_active, charlie.is_staff, charlie.is_superuser) == (False, False, False)


def test_one_guest_who_becomes_an_account_leaves_the_others_guests(db):
    guest, other = User.objects.create_guest(), User.objects.create_guest()
    assert guest.become_account("alice@example.org", "secret words")
    other.refresh_from_db()
    assert (other.is_guest, other.email) == (True, None)
