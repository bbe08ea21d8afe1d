"""The form of an order. It offers what the engine can do, and checks by the engine's own rules."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS

from accounts.models import User
from generation import jobs
from generation.composer.genre.titles import genre_title
from generation.engines import blocklist
from generation.engines.capabilities import Capabilities
from generation.engines.registry import UnknownEngine, get_engine
from generation.engines.request import (
    MAX_BPM,
    MAX_LYRICS,
    MAX_PROMPT,
    MAX_SEED,
    MAX_TITLE,
    MIN_BPM,
    CheckedRequest,
    FieldError,
    RequestError,
)
from generation.engines.visible import is_visible
from generation.models import Job
from generation.web.entered import KEPT, kept_inputs
from generation.web.order_request import CUSTOM, VOCALS, request_of
from generation.web.time_signatures import TimeSignatures

DURATIONS = (10, 30, 60, 120, 180)
# What stands for a prompt that is still to be written.
ANYTHING = "music"
OPTIONS = frozenset(
    {"bpm", "key", "time_signature", "instrumental", "lyrics", "negative_prompt", "seed", "title"}
)
# What not every engine obeys.
OPTIONAL = OPTIONS - {"seed", "title"} | {"ignored_words"}
# Of one order two pieces are heard and the better one is kept, where the second costs nobody time or money.
VARIATIONS_OF_QUICK = 2


class OrderForm(forms.Form):
    """What to make. `order(owner)` orders it once the form is valid.

    `is_filled`: its first values were asked for, and stand above what the browser remembers of the form; `remark` is
    what there is to say about them. `is_redrawn`: the page had one before, in which the options were open. `refused`
    names fields at which the page says already that they are wrong.
    """

    prompt = forms.CharField(
        label="What should it sound like?",
        required=False,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "dir": "auto",
                "maxlength": MAX_PROMPT,
                "placeholder": "A rainy night in the city, soft piano, slow drums",
            }
        ),
    )
    genre = forms.CharField(label="Genre", required=False)
    duration = forms.CharField(label="Length", required=False)
    seconds = forms.FloatField(
        label="Seconds",
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    variations = forms.IntegerField(label="Variations", required=False)
    takes = forms.IntegerField(label="Takes", required=False)
    bpm = forms.FloatField(
        label="Tempo (BPM)",
        required=False,
        widget=forms.NumberInput(
            attrs={"min": MIN_BPM, "max": MAX_BPM, "step": "any", "placeholder": "From the prompt"}
        ),
    )
    key = forms.CharField(label="Key", required=False)
    time_signature = forms.CharField(label="Time signature", required=False)
    seed = forms.IntegerField(
        label="Seed",
        required=False,
        widget=forms.NumberInput(attrs={"min": 0, "max": MAX_SEED, "placeholder": "Random"}),
        help_text="The same seed and words give the same music.",
    )
    title = forms.CharField(
        label="Title",
        required=False,
        widget=forms.TextInput(
            attrs={"maxlength": MAX_TITLE, "dir": "auto", "placeholder": "From the prompt"}
        ),
    )
    instrumental = forms.ChoiceField(label="Vocals", required=False, choices=VOCALS)
    lyrics = forms.CharField(
        label="Lyrics",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "maxlength": MAX_LYRICS}),
    )
    negative_prompt = forms.CharField(
        label="Leave out",
        required=False,
        widget=forms.TextInput(attrs={"maxlength": MAX_PROMPT, "placeholder": "What should not be in it"}),
    )
    engine = forms.CharField(label="Engine", required=False)
    ignored_words = forms.Field(required=False, widget=forms.MultipleHiddenInput)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.is_redrawn = False
        self.is_filled = False
        self.remark = ""
        self.refused: frozenset[str] = frozenset()
        for name in OPTIONAL:
            self.initial.setdefault(name, self.initial.get(f"{KEPT}{name}", ""))
        asked = (data if data is not None else self.initial).get("engine")
        self.alias, self.capabilities = _engine(str(asked or ""))
        self._fit_to_engine()
        self.initial.setdefault("variations", self.usual_variations)
        self.initial.setdefault("takes", 1)
        self.initial.setdefault("engine", self.alias)
        self.initial.setdefault("duration", f"{self.capabilities.default_duration:g}")
        if self.chosen_duration == CUSTOM:
            self.initial.setdefault("seconds", self.initial["duration"])
        self.request: CheckedRequest | None = None

    @property
    def genres(self) -> list[tuple[str, str]]:
        """The genres to choose from, as name and title; "" leaves it to the prompt."""
        named = [(name, genre_title(name)) for name in self.capabilities.genres]
        return [("", "Any"), *named] if named else []

    @property
    def durations(self) -> list[str]:
        """The lengths to choose from, in seconds, beside any other."""
        can = self.capabilities
        offered = {*DURATIONS, can.default_duration}
        return [f"{each:g}" for each in sorted(offered) if can.min_duration <= each <= can.max_duration]

    @property
    def chosen_duration(self) -> str:
        """What the field has: one of `durations`, else "custom"."""
        chosen = str(self["duration"].value() or "")
        return chosen if chosen in self.durations else CUSTOM

    @property
    def engines(self) -> list[tuple[str, str]]:
        """The engines to choose from, as alias and title."""
        return [(alias, get_engine(alias).capabilities.title) for alias in settings.ENGINES]

    @property
    def has_engine_choice(self) -> bool:
        return len(settings.ENGINES) > 1

    @property
    def usual_variations(self) -> int:
        """How many are made where nobody chooses."""
        can = self.capabilities
        return min(VARIATIONS_OF_QUICK, can.max_variations) if can.is_quick else 1

    @property
    def variation_counts(self) -> range:
        return range(1, self.capabilities.max_variations + 1)

    @property
    def take_counts(self) -> list[int]:
        """How many takes may be asked for: doubled each time, because between others nobody would choose."""
        return [count for count in (1, 2, 4, 8) if count <= self.capabilities.max_takes]

    @property
    def options(self) -> list[forms.BoundField]:
        """The fields under "More options" that this engine obeys."""
        return [self[name] for name in self.fields if name in OPTIONS and self._is_shown(name)]

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """What was entered into fields that this engine has none of, for the next engine that has: name and value."""
        given = self.data if self.is_bound else self.initial
        return list(kept_inputs(given, sorted(name for name in OPTIONAL if not self._is_shown(name))))

    @property
    def taken_back(self) -> list[str]:
        """The words of the prompt that are not to be read as what they say, where the engine reads it."""
        return list(self["ignored_words"].value() or ()) if self._is_shown("ignored_words") else []

    @property
    def errors_above(self) -> list[str]:
        """The messages that cannot stand at a field, because the page does not show that field."""
        hidden = [name for name in self.errors if name in self.fields and not self._is_shown(name)]
        return [str(message) for name in (NON_FIELD_ERRORS, *hidden) for message in self.errors.get(name, [])]

    @property
    def has_open_options(self) -> bool:
        """Whether they should be seen: one has something in it, or they were open before."""
        return self.is_redrawn or any(field.value() or field.errors for field in self.options)

    @property
    def is_begun(self) -> bool:
        """Whether there are words in it that the engine may have something to say about."""
        return bool(self["prompt"].value() or self["lyrics"].value())

    @property
    def notices(self) -> tuple[str, ...]:
        """What the engine says of the order as far as it is filled in: what it refuses, else what it cannot do."""
        if not self.is_bound:
            return ()
        wrong = [
            str(message)
            for name, messages in self.errors.items()
            for message in messages
            if name not in self.refused
            and (name == NON_FIELD_ERRORS or is_visible(str(self.data.get(name) or "")))
        ]
        if wrong:
            return tuple(wrong)
        asked = request_of(self.cleaned_data, self.capabilities)
        if not is_visible(asked.prompt):
            asked = replace(asked, prompt=ANYTHING)
        engine = get_engine(self.alias)
        try:
            return engine.resolve(blocklist.checked(engine, asked)).notices
        except RequestError as error:
            return tuple(each.message for each in error.errors if each.field not in self.refused)

    def gives_music_of(self, job: Job) -> bool:
        """Whether this order, whose seed was typed, would give the music of that job once more."""
        if (
            not self.is_valid()
            or self.request is None
            or self.request.seed is None
            or job.engine != self.alias
        ):
            return False
        same = get_engine(self.alias).resolve(self.request).request
        return replace(same, title=None, tags=()) == replace(job.request, title=None, tags=())

    def clean(self) -> dict[str, Any]:
        """Check the order by the engine's rules, so that each message stands at its field."""
        cleaned = super().clean() or {}
        try:
            asked = request_of(cleaned, self.capabilities)
            self.request = blocklist.checked(get_engine(self.alias), asked)
        except RequestError as error:
            self._add_errors(error.errors)
        return cleaned

    def clean_engine(self) -> str:
        alias: str = self.cleaned_data["engine"]
        if alias and alias not in settings.ENGINES:
            raise forms.ValidationError("There is no such engine here. Choose another.")
        return alias

    def order(self, owner: User, *, address_key: UUID | None = None) -> Job:
        """Order the music for its owner, from this address. Raises QuotaExceeded, and ValueError on a form that is not
        valid."""
        if not self.is_valid() or self.request is None:
            raise ValueError("Only a valid form can be ordered.")
        return jobs.submit_checked(
            owner=owner, request=self.request, engine=self.alias, address_key=address_key
        )

    def full_clean(self) -> None:
        """Check it all, and have a page without JavaScript begin at the first field that is wrong."""
        super().full_clean()
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong == "duration" and self.chosen_duration == CUSTOM:
            wrong = "seconds"
        if wrong:
            self.fields[wrong].widget.attrs["autofocus"] = True

    def _add_errors(self, errors: list[FieldError]) -> None:
        """Put each message at its field, unless one stands there already."""
        for error in errors:
            if error.field not in self.errors:
                self.add_error(error.field if error.field in self.fields else None, error.message)

    def _is_shown(self, name: str) -> bool:
        if name == "engine":
            return self.has_engine_choice
        if name == "takes":
            return self.capabilities.max_takes > 1
        return name not in OPTIONAL or name in self.capabilities.honours

    def _fit_to_engine(self) -> None:
        can = self.capabilities
        limits = {"min": f"{can.min_duration:g}", "max": f"{can.max_duration:g}"}
        self.fields["seconds"].widget.attrs.update(limits)
        if can.keys:
            choices = [("", "From the prompt"), *((key, key) for key in can.keys)]
            self.fields["key"].widget = forms.Select(choices=choices)
        if can.time_signatures:
            self.fields["time_signature"].widget = TimeSignatures(can)


def _engine(alias: str) -> tuple[str, Capabilities]:
    """The engine of that alias, or the site's own where there is none such."""
    try:
        return alias, get_engine(alias).capabilities
    except UnknownEngine:
        return settings.GENERATION_ENGINE, get_engine(settings.GENERATION_ENGINE).capabilities
