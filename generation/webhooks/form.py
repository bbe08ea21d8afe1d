"""The form in which a webhook is added or changed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from generation.webhooks import rules
from generation.webhooks.events import JobEvent


class WebhookForm(forms.Form):
    """Where messages go, of what they tell, and what for."""

    url = forms.CharField(
        label="Address",
        help_text="Where your program takes messages, such as <code>https://radio.example/music</code>.",
        error_messages={"required": "Give the address to which messages are to be sent."},
        widget=forms.TextInput(attrs={"type": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label="What it is for",
        required=False,
        max_length=rules.MAX_DESCRIPTION,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label="Tell of jobs that are",
        choices=[(event.value, event.label.lower()) for event in JobEvent],
        initial=JobEvent.values,
        error_messages={"required": "Choose at least one."},
    )

    def clean_url(self) -> str:
        return _or_invalid(rules.clean_url, self.cleaned_data["url"])

    def clean_events(self) -> list[str]:
        return _or_invalid(rules.clean_events, self.cleaned_data["events"])


def _or_invalid(rule: Callable[[Any], Any], value: Any) -> Any:
    try:
        return rule(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None
