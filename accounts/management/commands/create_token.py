"""Make an API token from the command line, for scripts and for sites whose sign-up is closed."""

import argparse
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.token_rules import NotIssued, read_expiry

TOKEN_NAME = "Command line"  # noqa: S105 - what the token is called, not what it is


class Command(BaseCommand):
    help = "Print a new API token of a user, and nothing else, on standard output."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email", help="Whose token it is.")
        parser.add_argument("--scopes", default="read,write", help="read, write or read,write (the default).")
        parser.add_argument(
            "--expires",
            metavar="DAYS|DATE",
            help="After so many days (90), or at the end of a day in UTC (2030-01-31); never if left out.",
        )
        parser.add_argument("--create-user", action="store_true", help="Make the user if there is none yet.")

    @transaction.atomic
    def handle(
        self, *, email: str, scopes: str, expires: str | None, create_user: bool, **options: Any
    ) -> None:
        try:
            wanted = ApiToken.parse_scopes(scope.strip() for scope in scopes.split(","))
            expires_at = None if expires is None else read_expiry(expires, timezone.now())
        except ValueError as error:
            self._give_up(str(error))
        user = self._user(email, create_user)
        try:
            _, secret = ApiToken.objects.issue(user, TOKEN_NAME, wanted, expires_at=expires_at)
        except NotIssued as refused:
            self._give_up(str(refused))
        self.stdout.write(secret)

    def _user(self, email: str, create: bool) -> User:
        """The user with this e-mail, made without a password if there is none and `create` is on."""
        user = User.objects.filter(email__iexact=email).first()
        if user is None and not create:
            self._give_up(f"There is no user {email}. Add --create-user to make one.")
        if user is None:
            return self._new_user(email)
        if not user.is_active:
            self._give_up(f"{email} is locked out, so a token would not work. Lift the suspension first.")
        return user

    def _new_user(self, email: str) -> User:
        try:
            validate_email(email)
        except ValidationError:
            self._give_up(f"“{email}” is not an e-mail address.")
        self.stderr.write(f"Made the user {email}, who can set a password by asking for a reset.")
        return User.objects.create_user(email)

    def _give_up(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        raise SystemExit(1)
