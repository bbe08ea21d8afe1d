"""The password, asked for again before something that a browser left open should not be enough for."""

from typing import Any

from django import forms

from accounts import rates
from accounts.models import User

TRIES = ["10/hour"]


class PasswordAgainForm(forms.Form):
    """A form of somebody who is logged in, with their password. Guests have none, and are not asked."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        """The password, if it is theirs and was not tried too often."""
        try:
            rates.check("password-again", str(self.user.pk), TRIES)
        except rates.TooOften as refused:
            minutes = -(-refused.wait // 60)
            raise forms.ValidationError(
                f"This was tried too often. Try again in {minutes} minute{'' if minutes == 1 else 's'}."
            ) from None
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password
