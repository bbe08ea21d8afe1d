"""What an engine can do. Pages and API offer only this, and requests are checked against it. Free of Django."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The limits of one engine.

    Durations in seconds. `genres` are the names a request may give (empty: any); `keys` the names of keys it
    knows (empty: any); `time_signatures` those that each genre is played in, by the genre's name. `honours` lists the
    optional fields it obeys, of bpm, key, time_signature, ignored_words, lyrics, negative_prompt and instrumental
    (False: vocals wanted). `deterministic`: the same request gives the same samples.

    Of up to `max_takes` takes of each variation it keeps the best. `is_quick`: a piece takes it seconds, on any machine
    and at no cost.

    `model` is the AI model behind it (None: no model), `licence` and `licence_url` under which that is published,
    `licence_note` a sentence on what that asks; `commercial_use` whether what it makes may be sold.
    """

    title: str
    description: str
    min_duration: float = 5
    max_duration: float = 300
    default_duration: float = 30
    genres: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    time_signatures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_variations: int = 4
    max_takes: int = 1
    honours: frozenset[str] = field(default_factory=frozenset)
    deterministic: bool = False
    is_quick: bool = False
    model: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    licence_note: str | None = None
    commercial_use: bool = True

    @property
    def known_time_signatures(self) -> tuple[str, ...]:
        """Every time signature that some genre is played in, the commonest first."""
        named = [name for names in self.time_signatures.values() for name in names]
        return tuple(sorted(set(named), key=lambda name: (-named.count(name), name)))
