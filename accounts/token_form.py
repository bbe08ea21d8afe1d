"""The form in which an API token is made."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import token_rules
from accounts.token_rules import NAME_LENGTH

ON_A_DATE, NEVER = "date", "never"
_SCOPES = {"both": ("read", "write"), "read": ("read",)}


class TokenForm(forms.Form):
    """What a new token is called, what it may do, and until when."""

    name = forms.CharField(
        label="Name",
        help_text="What will use it, such as “Radio bot”.",
        max_length=NAME_LENGTH,
        error_messages={"required": "Give the token a name, such as the program that will use it."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    access = forms.ChoiceField(
        label="It may",
        choices=[("both", "Read and write"), ("read", "Read only")],
        initial="both",
    )
    expires = forms.ChoiceField(
        label="It expires",
        choices=[
            ("7", "In 7 days"),
            ("30", "In 30 days"),
            ("90", "In 90 days"),
            ("365", "In a year"),
            (ON_A_DATE, "On a date"),
            (NEVER, "Never"),
        ],
        initial="90",
    )
    date = forms.DateField(
        label="Last day (UTC)",
        required=False,
        error_messages={"invalid": "Give a date, such as 2030-01-31."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_name(self) -> str:
        try:
            return token_rules.clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """Add `expires_at`, None for never, to what was read."""
        read = super().clean() or {}
        try:
            return {**read, "expires_at": self._expires_at(read)}
        except ValueError as error:
            self.add_error("date", str(error))
        return read

    @property
    def scopes(self) -> tuple[str, ...]:
        """Those that were chosen."""
        return _SCOPES[self.cleaned_data["access"]]

    def _expires_at(self, read: dict[str, Any]) -> datetime | None:
        choice, now = read.get("expires", NEVER), timezone.now()
        if choice == NEVER:
            return None
        if choice != ON_A_DATE:
            return token_rules.after_days(int(choice), now)
        if "date" in self.errors:
            return None
        if read["date"] is None:
            raise ValueError("Give the last day on which the token is to work.")
        expires_at = token_rules.end_of(read["date"])
        token_rules.check_expiry(expires_at, now)
        return expires_at
