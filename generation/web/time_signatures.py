"""The choice of a time signature in the form of an order."""

from typing import Any

from django import forms

from generation.engines.capabilities import Capabilities


class TimeSignatures(forms.Select):
    """The time signatures that an engine's genres are played in; each option names those genres for genre-metres.js."""

    def __init__(self, can: Capabilities) -> None:
        known = can.known_time_signatures
        super().__init__(choices=[("", "From the prompt"), *((name, name) for name in known)])
        self._genres = {
            name: ",".join(genre for genre, played in can.time_signatures.items() if name in played)
            for name in known
        }

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value in self._genres:
            option["attrs"]["data-genres"] = self._genres[value]
        return option
