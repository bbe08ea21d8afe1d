"""The form in which a track is renamed."""

from django import forms

from generation.engines.request import MAX_TITLE


class TitleForm(forms.Form):
    """A track's title."""

    title = forms.CharField(
        label="Title",
        max_length=MAX_TITLE,
        error_messages={"required": "Give the track a title."},
    )
