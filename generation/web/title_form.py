"""The form in which a track is renamed."""

from django import forms

from generation.engines.request import MAX_TITLE
from generation.engines.visible import is_visible

_NO_TITLE = "Give the track a title."


class TitleForm(forms.Form):
    """A track's title."""

    title = forms.CharField(
        label="Title",
        max_length=MAX_TITLE,
        error_messages={"required": _NO_TITLE},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if not is_visible(title):
            raise forms.ValidationError(_NO_TITLE, code="required")
        return title
