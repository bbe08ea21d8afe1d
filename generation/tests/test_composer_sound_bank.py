import logging
from pathlib import Path

import numpy as np
import pytest

from generation.composer.soundbank import cut as soundbank
from generation.composer.soundbank.cut import CUTS, Cut, cut
from generation.composer.sources import registry, sampler
from generation.composer.sources.soundfont import (
    Generator,
    SampleHeader,
    SoundFont,
    SoundFontError,
    _merged,
)
from generation.composer.sources.timed_note import TimedNote
from generation.tests.sound import played

NOTE = TimedNote(0.0, 0.5, 60, 100, "")


@pytest.fixture
def empty_bank(tmp_path, monkeypatch):
    """A bank without a file, and nothing remembered of the real one, before and after."""
    monkeypatch.setattr(sampler, "BANK", tmp_path)
    registry.is_recorded.cache_clear()
    sampler.load.cache_clear()
    yield tmp_path
    registry.is_recorded.cache_clear()
    sampler.load.cache_clear()


def test_the_bank_is_small_complete_and_licensed():
    files = {path.stem: path for path in sampler.BANK.glob("*.sf3")}
    assert set(files) == set(CUTS)
    assert sum(path.stat().st_size for path in files.values()) <= 10_000_000
    licence = (sampler.BANK / "LICENSE.txt").read_text("utf-8")
    assert "Frank Wen" in licence
    assert "Permission is hereby granted, free of charge" in licence


def test_cutting_a_cut_changes_nothing():
    path = sampler.BANK / "harp.sf3"
    font = SoundFont.open(path)
    assert cut(font, Cut(*font.presets()[0]), "harp") == path.read_bytes()


def test_a_cut_keeps_only_the_keys_asked_for():
    font = SoundFont.open(sampler.BANK / "rock_kit.sf3")
    bank, program = font.presets()[0]
    data = cut(font, Cut(bank, program, keys=(36,), layers=True), "kick")
    assert len(data) < len(font.data) / 3
    with pytest.raises(SoundFontError, match="no preset 3:9"):
        cut(font, Cut(3, 9), "nothing")


def test_every_instrument_is_cut_to_a_file_of_its_name(tmp_path, monkeypatch, capsys):
    source = sampler.BANK / "harp.sf3"
    monkeypatch.setattr(soundbank, "CUTS", {"lyre": Cut(*SoundFont.open(source).presets()[0])})
    monkeypatch.setattr("sys.argv", ["cut", str(source), "--into", str(tmp_path)])
    soundbank.main()
    assert [path.name for path in tmp_path.iterdir()] == ["lyre.sf3"]
    assert SoundFont.open(tmp_path / "lyre.sf3").zones() == SoundFont.open(source).zones()
    assert "lyre.sf3" in capsys.readouterr().out


def test_a_recording_that_is_not_compressed_is_refused():
    plain = SampleHeader(b"harp", 0, 8, 0, 8, 44_100, 60, 0, kind=1)
    with pytest.raises(SoundFontError, match="not compressed"):
        SoundFont(bytes(8), {b"smpl": (0, 8)}, [plain]).compressed(0)


def test_a_preset_narrows_the_ranges_of_its_instrument_and_adds_to_the_rest():
    """Specification 9.4: generators of a preset are added to those of the instrument, or to their defaults."""
    low, high = 40, 60
    outer = {Generator.KEY_RANGE: high << 8 | low, Generator.FINE_TUNE: 5, Generator.ATTACK: 100, 99: 7}
    inner = {Generator.KEY_RANGE: 50 << 8, Generator.FINE_TUNE: -2, Generator.SAMPLE: 3}
    zone = _merged({**outer, Generator.INSTRUMENT: 1}, inner)
    assert zone is not None
    assert (zone.keys, zone.velocities, zone.sample) == ((40, 50), (0, 127), 3)
    assert [zone.value(kind) for kind in (Generator.FINE_TUNE, Generator.ATTACK)] == [3, -11_900]
    assert zone.generators[99] == 7
    assert Generator.INSTRUMENT not in zone.generators
    assert _merged(outer, {**inner, Generator.KEY_RANGE: 39 << 8}) is None


def test_zones_and_recordings_are_read():
    font = SoundFont.open(sampler.BANK / "piano.sf3")
    zones = font.zones()
    assert [zone for zone in zones if zone.answers(60, 100)]
    middle = next(zone for zone in zones if zone.answers(60, 100))
    assert middle.value(Generator.SCALE_TUNING) == 100
    recording = font.recording(middle.sample)
    first = recording.upto(1000).copy()
    assert len(first) >= 1000
    everything = recording.upto(10**9)
    assert len(everything) == recording.frames
    assert np.array_equal(everything[: len(first)], first)
    assert np.array_equal(font.recording(middle.sample).upto(10**9), everything)


def test_a_missing_bank_is_told_once_and_a_synthesised_piano_plays(empty_bank, caplog):
    with caplog.at_level(logging.WARNING):
        stand_in = played("piano", [NOTE], 1.0)
        played("piano", [NOTE], 1.0)
    assert [record.message for record in caplog.records if "piano" in record.message] == [
        caplog.records[0].message
    ]
    assert np.array_equal(stand_in, played("piano", [NOTE], 1.0, recorded=False))


def test_with_the_bank_the_recording_plays():
    assert not np.array_equal(played("piano", [NOTE], 1.0), played("piano", [NOTE], 1.0, recorded=False))


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0sfbkLIST"])
def test_a_broken_file_is_as_good_as_none(empty_bank: Path, content, caplog):
    (empty_bank / "flute.sf3").write_bytes(content)
    with pytest.raises(SoundFontError, match=r"flute\.sf3"):
        SoundFont.open(empty_bank / "flute.sf3")
    with caplog.at_level(logging.WARNING):
        assert played("flute", [NOTE], 1.0).any()
    assert "flute" in caplog.text


def test_a_key_beyond_the_recordings_plays_the_nearest():
    preset = sampler.load("flute")
    assert preset.answering(2, 100) == [min(preset.zones, key=lambda zone: zone.keys[0])]
