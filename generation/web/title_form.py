"""The forms in which a track or a playlist is given a title."""

from django import forms

from generation.engines.blocklist import BLOCKED, refuse_blocked
from generation.engines.request import MAX_TITLE, RequestError
from generation.engines.visible import is_visible
from generation.models.playlist import MAX_PLAYLIST_TITLE


def _title(longest: int, missing: str, *, has_focus: bool = False) -> forms.CharField:
    attributes = {"autocomplete": "off", "dir": "auto", "autofocus": has_focus}
    return forms.CharField(
        label="Title",
        max_length=longest,
        error_messages={"required": missing},
        widget=forms.TextInput(attrs=attributes),
    )


class _VisibleTitleForm(forms.Form):
    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if not is_visible(title):
            missing = self.fields["title"].error_messages["required"]
            raise forms.ValidationError(missing, code="required")
        return title


class TitleForm(_VisibleTitleForm):
    """A track's title, which whoever it is shared with reads."""

    title = _title(MAX_TITLE, "Give the track a title.", has_focus=True)

    def clean_title(self) -> str:
        title = super().clean_title()
        try:
            refuse_blocked({"title": title})
        except RequestError as refused:
            raise forms.ValidationError(str(refused), code=BLOCKED) from None
        return title


class PlaylistForm(_VisibleTitleForm):
    """A playlist's title."""

    title = _title(MAX_PLAYLIST_TITLE, "Give the playlist a title.")
