"""The command `create_token`: its output is a token and nothing else, its refusals one sentence."""

import io
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.tests.conftest import token_row
from accounts.token_rules import LIVE_LIMIT
from generation.tests.running_site import migrated


def create_token(*arguments: str) -> tuple[object, str, str]:
    """Run the command and return its exit status, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("create_token", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def authenticate(output: str) -> ApiToken:
    """The token that was printed, and nothing else with it."""
    return ApiToken.objects.authenticate(output.removesuffix("\n"))


def test_it_prints_a_token_that_works(bob, alice):
    status, out, err = create_token("Alice@example.org")
    token = authenticate(out)
    assert (status, err) == (0, "")
    assert token.user == alice
    assert token.scopes == ["read", "write"]


def test_scopes_can_be_chosen(alice):
    _, out, _ = create_token("alice@example.org", "--scopes", "read")
    assert authenticate(out).scopes == ["read"]


def test_a_token_may_end_after_days_or_on_a_date(alice):
    _, never, _ = create_token("alice@example.org")
    _, in_days, _ = create_token("alice@example.org", "--expires", "90")
    _, on_a_date, _ = create_token("alice@example.org", "--expires", "2030-01-31")
    assert authenticate(never).expires_at is None
    left = authenticate(in_days).expires_at - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)
    assert authenticate(on_a_date).expires_at == datetime(2030, 1, 31, 23, 59, 59, tzinfo=UTC)


def test_there_are_only_so_many(alice):
    for _ in range(LIVE_LIMIT):
        token_row(alice)
    status, out, err = create_token("alice@example.org")
    assert (status, out) == (1, "")
    assert err.endswith("Revoke one that is no longer used.\n")


def test_a_user_can_be_made_and_has_no_password(db):
    status, out, err = create_token("Dora@example.org", "--create-user", "--scopes", "write, read")
    dora = User.objects.get()
    assert status == 0
    assert authenticate(out).user == dora
    assert dora.email == "dora@example.org"
    assert not dora.has_usable_password()
    assert "Made the user" in err


def test_an_existing_user_is_not_made_again(alice):
    status, _, err = create_token("ALICE@example.org", "--create-user")
    assert (status, err) == (0, "")
    assert User.objects.get() == alice


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bob@example.org"], "There is no user bob@example.org. Add --create-user to make one.\n"),
        (["not an address", "--create-user"], "“not an address” is not an e-mail address.\n"),
        (
            ["bob@example.org", "--create-user", "--scopes", "read,admin"],
            "There is no scope “admin”; the scopes are read and write.\n",
        ),
        (
            ["bob@example.org", "--create-user", "--expires", "soon"],
            "Give a number of days, such as 90, or a date, such as 2030-01-31.\n",
        ),
        (
            ["alice@example.org", "--expires", "2020-01-31"],
            "A token cannot expire in the past. Give a later time.\n",
        ),
        (["alice@example.org", "--scopes", ""], "There is no scope “”; the scopes are read and write.\n"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(alice, arguments, sentence):
    assert create_token(*arguments) == (1, "", sentence)
    assert not ApiToken.objects.exists()
    assert User.objects.get() == alice


def test_a_locked_out_user_gets_none(alice):
    User.objects.update(is_active=False)
    status, out, err = create_token("alice@example.org")
    assert (status, out) == (1, "")
    assert "locked out" in err


def test_from_a_shell_the_output_is_the_token_alone(tmp_path):
    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    shutil.copyfile(migrated(), tmp_path / "db.sqlite3")
    made = manage("create_token", "dora@example.org", "--create-user")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("mg_")
    assert len(made.stdout.split()) == 1
    refused = manage("create_token", "nobody@example.org")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == "There is no user nobody@example.org. Add --create-user to make one.\n"
