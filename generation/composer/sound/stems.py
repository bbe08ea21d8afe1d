"""A piece in stems: five tracks that, played together, are the mix."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from generation.audio.types import Samples
from generation.composer.score import Score
from generation.composer.sound.mix import Desk
from generation.composer.sound.mix_table import RoleMix
from generation.composer.sound.render import Renderer
from generation.composer.sound.stem_names import STEM_OF, STEMS

Played = Mapping[str, tuple[RoleMix, Samples]]


def split(score: Score, *, sample_rate: int = 48_000) -> Iterator[Mapping[str, Samples]]:
    """The piece as blocks of half a second, each (2, frames) by stem, every stem of `STEMS` in each.

    The sum of a block's stems is what `render` gives there, but for the rounding of 32 bits; a stem that nobody plays
    in is silence. Each stem has a desk of its own as far as the mix is linear: sends, echo and reverb are heard in the
    stem that they come from. Tape and compressor answer to the mix, so what they do to it is done to each stem as a
    gain for every sample. Memory is bounded; raises ValueError as `render` does.
    """
    renderer = Renderer(score, sample_rate)
    stems = {STEM_OF[part.role] for part in score.parts}
    desks = {stem: renderer.desk() for stem in STEMS if stem in stems}
    for start, stop in renderer.spans():
        frames = stop - start
        mixed = _mixed(desks, renderer.play())
        silence = np.zeros((2, frames), np.float32)
        block = {stem: mixed[stem][:, :frames] if stem in mixed else silence for stem in STEMS}
        for stem in mixed:
            renderer.fade(block[stem], start)
        yield block


def _mixed(desks: Mapping[str, Desk], played: Played) -> dict[str, Samples]:
    """The next block of each stem through its desk, with the gains that the mix of all gets."""
    stems = {
        stem: desk.spread({role: how for role, how in played.items() if STEM_OF[role] == stem})
        for stem, desk in desks.items()
    }
    stems = _taped(desks, stems)
    compressor = next(iter(desks.values())).compressor
    gains = compressor.gains(_sum(stems.values()))
    return {stem: block * gains for stem, block in stems.items()}


def _taped(desks: Mapping[str, Desk], stems: Mapping[str, Samples]) -> dict[str, Samples]:
    tapes = {stem: desk.tape for stem, desk in desks.items() if desk.tape}
    if not tapes:
        return dict(stems)
    bent = {stem: tape.bend(stems[stem]) for stem, tape in tapes.items()}
    saturation = next(iter(tapes.values())).saturation(_sum(bent.values()))
    return {stem: tape.dull(bent[stem] * saturation) for stem, tape in tapes.items()}


def _sum(blocks: Iterable[Samples]) -> Samples:
    return np.sum(list(blocks), axis=0, dtype=np.float32)
