"""Have somebody log in by the password alone who has lost telephone and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import second_factor
from accounts.models import User


class Command(BaseCommand):
    help = "Remove somebody's second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no user with the e-mail address {email}.")
        if not second_factor.remove(user, by="the command line"):
            raise CommandError(f"{email} has no second factor.")
        self.stdout.write(f"{email} logs in by the password alone now.")
