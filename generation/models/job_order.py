"""What a job was ordered to make: the part of it that stays as it was ordered."""

import dataclasses
from typing import Any

from django.db import models

from generation.composer.metre import FOUR_FOUR
from generation.engines.registry import UnknownEngine, get_engine
from generation.engines.request import MusicRequest
from generation.models.quick_rows import QuickRows

SEED = "seed"


class JobOrder(QuickRows):
    """The order of a job: the engine, the request, and how its prompt was read.

    `input` is the resolved request, `resolved_fields` names those of its fields that the engine filled in (None: a job
    from before that was kept). What the engine draws otherwise for each variation `input` leaves open, `genre` too.
    `readings` are words of the prompt with what they were taken to mean (`composer.brief.Reading` as JSON).
    """

    engine = models.CharField(max_length=40)
    genre = models.CharField(max_length=40, blank=True)
    input = models.JSONField()
    resolved_fields = models.JSONField(null=True, blank=True)
    readings = models.JSONField(default=list, db_default=[], blank=True)
    reasons = models.JSONField(default=list, blank=True)
    notices = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    @property
    def request(self) -> MusicRequest:
        """The order; made of `input` once, until that is another."""
        made_of, request = self.__dict__.get("_request", (None, None))
        if request is None or made_of is not self.input:
            request = MusicRequest.from_json(self.input)
            self.__dict__["_request"] = (self.input, request)
        return request

    def variation(self, index: int) -> MusicRequest:
        """One of its variations as an order of its own, with all that its engine draws by that one's seed."""
        try:
            return get_engine(self.engine).variation(self.request, index)
        except UnknownEngine:
            return self.request.variation(index)

    @property
    def asked(self) -> dict[str, Any]:
        """What was really asked for, by the names of a request's fields, and the engine. None: it was left open.

        Of a job from before that was kept, what its engine would fill in by itself counts as left open.
        """
        resolved = self._filled_in() if self.resolved_fields is None else self.resolved_fields
        return self.request.as_json() | dict.fromkeys(resolved) | {"engine": self.engine}

    @property
    def other_reasons(self) -> list[str]:
        """The reasons that no reading stands for; a sentence about words of the prompt begins with them, in quotes."""
        return [reason for reason in self.reasons if not self.readings or not reason.startswith("'")]

    def _filled_in(self) -> list[str]:
        try:
            engine = get_engine(self.engine)
        except UnknownEngine:
            return [SEED]
        # Jobs that are as old as that were all made in four.
        first = dataclasses.replace(self.request.variation(0), time_signature=FOUR_FOUR.name)
        genre = engine.variation(dataclasses.replace(first, genre=None, bpm=None, key=None), 0).genre
        rest = engine.variation(dataclasses.replace(first, bpm=None, key=None), 0)
        same = {"genre": genre == first.genre, "bpm": rest.bpm == first.bpm, "key": rest.key == first.key}
        return [SEED, *(name for name, is_same in same.items() if is_same)]


def filled_in(asked: MusicRequest, resolved: MusicRequest) -> list[str]:
    """The fields that were left open and that the engine has filled in, or that it has filled in otherwise."""
    return [
        field.name
        for field in dataclasses.fields(asked)
        if getattr(resolved, field.name) not in (None, getattr(asked, field.name))
    ]
