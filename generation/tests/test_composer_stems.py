from dataclasses import replace

import numpy as np
import pytest

from generation.audio.master import master, mastered
from generation.audio.types import Audio
from generation.composer.genre.catalog import GENRES
from generation.composer.instruments import ROLES
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.mix_table import load_mix
from generation.composer.sound.render import render
from generation.composer.sound.stem_names import STEM_OF, STEMS
from generation.composer.sound.stems import split
from generation.composer.writing.compose import compose
from generation.tests.sound import RATE, small_score


def mix_of(score):
    return np.concatenate(list(render(score)), axis=1)


def stems_of(score):
    blocks = list(split(score))
    assert all(tuple(block) == STEMS for block in blocks)
    assert all(samples.shape == block["fx"].shape for block in blocks for samples in block.values())
    return {stem: np.concatenate([block[stem] for block in blocks], axis=1) for stem in STEMS}


def residual_db(found, wanted):
    """How far the difference lies below what was wanted."""
    return 10 * np.log10(np.mean(np.square(found - wanted)) / np.mean(np.square(wanted)))


def level(samples):
    return float(np.sqrt(np.mean(np.square(samples))))


def test_every_role_is_in_a_stem():
    assert set(STEM_OF) == set(ROLES)
    assert set(STEM_OF.values()) == set(STEMS)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_stems_add_up_to_the_mix(genre):
    score = compose(read_prompt("", duration=5.01, seed=5, genre=genre))
    mix, stems = mix_of(score), stems_of(score)
    whole = sum(stems.values())
    assert whole.shape == mix.shape == (2, round(5.01 * RATE))
    assert residual_db(whole, mix) < -100
    played = {STEM_OF[part.role] for part in score.parts if part.notes}
    assert {stem for stem, samples in stems.items() if samples.any()} == played
    # Without any one of those that are heard they do not: the measure would notice.
    assert all(residual_db(whole - samples, mix) > -60 for samples in stems.values() if samples.any())


def test_the_stems_add_up_where_tape_and_compressor_work_hard():
    assert load_mix("lofi").tape is not None
    score = small_score("lofi")
    parts = tuple(
        replace(part, notes=tuple(note._replace(velocity=127) for note in part.notes)) for part in score.parts
    )
    loud = replace(score, parts=parts)
    assert residual_db(sum(stems_of(loud).values()), mix_of(loud)) < -100


def test_each_stem_holds_its_own_roles():
    score = small_score("lofi")
    stems = stems_of(score)
    assert not stems["melody"].any()
    spectrum = {stem: np.abs(np.fft.rfft(stems[stem].mean(axis=0))) ** 2 for stem in ("bass", "chords")}
    hertz = np.fft.rfftfreq(stems["bass"].shape[1], 1 / RATE)
    low = {stem: power[hertz < 120].sum() / power.sum() for stem, power in spectrum.items()}
    assert low["bass"] > 0.5 > 0.1 > low["chords"]
    solo = replace(score, parts=tuple(part for part in score.parts if part.role == "bass"))
    assert abs(20 * np.log10(level(stems["bass"]) / level(mix_of(solo)))) < 4


def test_mastering_is_done_to_the_stems_as_to_the_mix():
    score = small_score("rock")
    mix, stems = mix_of(score), stems_of(score)
    audio, how = mastered(Audio(mix, RATE))
    assert np.array_equal(audio.samples, master(Audio(mix, RATE)).samples)
    # In blocks that begin anywhere, as they come.
    blocks = [
        sum(
            how.of_part(samples[:, start : start + 1001], start, 1 / len(stems)) for samples in stems.values()
        )
        for start in range(0, mix.shape[1], 1001)
    ]
    assert residual_db(np.concatenate(blocks, axis=1), audio.samples) < -100


def test_an_offset_is_taken_off_once_and_not_by_each_stem():
    audio = Audio(0.1 * np.sin(np.arange(RATE) / 20, dtype=np.float32)[None] + np.float32(0.02), RATE)
    whole, how = mastered(audio)
    assert abs(how.offset.item() - 0.02) < 1e-3
    parts = [how.of_part(audio.samples * np.float32(part), 0, part) for part in (0.25, 0.75)]
    assert residual_db(sum(parts), whole.samples) < -100


def test_the_same_score_gives_the_same_stems():
    score = small_score("house")
    first, again = stems_of(score), stems_of(score)
    assert all(np.array_equal(first[stem], again[stem]) for stem in STEMS)
