"""The command `create_token`: its output is a token and nothing else, its refusals one sentence."""

import io
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import ApiToken, User


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
    token = ApiToken.objects.authenticate(output.removesuffix("\n"))
    assert token
    return token


def test_it_prints_a_token_that_works(bob, alice):
    status, out, err = create_token("Alice@example.org")
    token = authenticate(out)
    assert (status, err) == (0, "")
    assert token.user == alice
    assert token.scopes == ["read", "write"]


def test_scopes_can_be_chosen(alice):
    _, out, _ = create_token("alice@example.org", "--scopes", "read")
    assert authenticate(out).scopes == ["read"]


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

    assert manage("migrate", "accounts").returncode == 0
    made = manage("create_token", "dora@example.org", "--create-user")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("mg_")
    assert len(made.stdout.split()) == 1
    refused = manage("create_token", "nobody@example.org")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr == "There is no user nobody@example.org. Add --create-user to make one.\n"
