import tomllib

import pytest

from generation.composer.sound import calibrate
from generation.composer.sound.levels import CALIBRATION


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["calibrate", *map(str, arguments)])
    calibrate.main()


def test_only_the_instruments_named_are_measured_anew(monkeypatch, tmp_path):
    target = tmp_path / "calibration.toml"
    known = CALIBRATION.read_text("utf-8")
    target.write_text(
        known.replace("[sub_bass.synthesised]\nnotes", "[sub_bass.synthesised]\nolder"), "utf-8"
    )
    run(monkeypatch, "sub_bass", "--into", target)
    before, after = tomllib.loads(known), tomllib.loads(target.read_text("utf-8"))
    assert list(after) == list(before)
    assert after["sub_bass"]["synthesised"].keys() == {"notes"}
    assert {name for name in before if after[name] != before[name]} <= {"sub_bass"}


def test_an_unknown_instrument_is_named(monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, "kazoo", "--into", tmp_path / "calibration.toml")
    assert "kazoo" in capsys.readouterr().err
