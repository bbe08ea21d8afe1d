"""Cuts the recorded instruments out of a General MIDI SoundFont, one small SF3 file each.

    python -m generation.composer.soundbank.cut FluidR3Mono_GM.sf3

The source is "Fluid (R3) Mono GM" (MIT, see LICENSE.txt), which Debian packages as fluidr3mono-gm-soundfont.
"""

import argparse
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generation.composer.sources.soundfont import Generator, SoundFont, SoundFontError, Zone


@dataclass(frozen=True, slots=True)
class Cut:
    """A preset by bank and program, and the keys worth keeping of it (all where None).

    `layers` keeps its zones by velocity. Those of the source's pitched presets hold the same recordings with
    the low-pass ever further closed; the player closes its own, so the loudest are enough.
    """

    bank: int
    program: int
    keys: Sequence[int] | None = None
    layers: bool = False


ROCK_DRUMS = (36, 37, 38, 42, 43, 46, 47, 49, 50, 51)
BRUSH_DRUMS = (*ROCK_DRUMS, 40)

CUTS = {
    "piano": Cut(0, 0, range(21, 104)),
    "epiano": Cut(0, 4, range(28, 97)),
    "harpsichord": Cut(0, 6, range(29, 90)),
    "clavinet": Cut(0, 7, range(36, 90)),
    "vibraphone": Cut(0, 11),
    "organ": Cut(0, 18, range(36, 97)),
    "harmonica": Cut(0, 22),
    "nylon_guitar": Cut(0, 24),
    "steel_guitar": Cut(0, 25),
    "jazz_guitar": Cut(0, 26),
    "clean_guitar": Cut(0, 27),
    "muted_guitar": Cut(0, 28),
    "double_bass": Cut(0, 32, range(24, 66)),
    "fingered_bass": Cut(0, 33, range(24, 66)),
    "picked_bass": Cut(0, 34, range(24, 66)),
    "slap_bass": Cut(0, 36, range(24, 66)),
    "violin": Cut(0, 40),
    "cello": Cut(0, 42, range(28, 80)),
    "harp": Cut(0, 46),
    "timpani": Cut(0, 47),
    "strings": Cut(0, 48),
    "choir": Cut(0, 52),
    "trumpet": Cut(0, 56),
    "muted_trumpet": Cut(0, 59),
    "horns": Cut(0, 60),
    "brass": Cut(0, 61),
    "saxophone": Cut(0, 65),
    "oboe": Cut(0, 68),
    "clarinet": Cut(0, 71),
    "flute": Cut(0, 73),
    "banjo": Cut(0, 105),
    "funk_kit": Cut(128, 0, ROCK_DRUMS, layers=True),
    "rock_kit": Cut(128, 16, ROCK_DRUMS, layers=True),
    "jazz_kit": Cut(128, 40, BRUSH_DRUMS, layers=True),
}


def cut(font: SoundFont, what: Cut, name: str) -> bytes:
    """A SoundFont of one preset of one instrument of flat zones, with only the samples they use.

    Raises SoundFontError where the source has no such preset.
    """
    try:
        index = font.presets().index((what.bank, what.program))
    except ValueError:
        raise SoundFontError(f"The source has no preset {what.bank}:{what.program} for {name}.") from None
    zones = [zone for zone in font.zones(index) if _wanted(zone, what.keys)]
    if not what.layers:
        zones = _loudest(zones)
    samples = sorted({zone.sample for zone in zones})
    places = {sample: place for place, sample in enumerate(samples)}
    body = _list(b"INFO", _info(name)) + _list(b"sdta", _chunk(b"smpl", _streams(font, samples)))
    body += _list(b"pdta", b"".join(_preset_tables(name, what, zones, places)) + _sample_table(font, samples))
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"sfbk" + body


def _wanted(zone: Zone, keys: Sequence[int] | None) -> bool:
    return keys is None or any(zone.keys[0] <= key <= zone.keys[1] for key in keys)


def _loudest(zones: Sequence[Zone]) -> list[Zone]:
    """One zone for each span of keys and sample: the loudest, now for every velocity."""
    kept: dict[tuple[tuple[int, int], int], Zone] = {}
    for zone in zones:
        if zone.velocities[1] == 127:
            kept.setdefault((zone.keys, zone.sample), replace(zone, velocities=(0, 127)))
    return list(kept.values())


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _list(kind: bytes, content: bytes) -> bytes:
    return _chunk(b"LIST", kind + content)


def _text(name: bytes, text: str) -> bytes:
    encoded = text.encode("ascii") + b"\0"
    return _chunk(name, encoded + b"\0" * (len(encoded) % 2))


def _info(name: str) -> bytes:
    return (
        _chunk(b"ifil", struct.pack("<HH", 3, 0))
        + _text(b"isng", "EMU8000")
        + _text(b"INAM", name)
        + _text(b"ICOP", "Fluid (R3) Mono GM: Frank Wen, Michael Cowgill and others. MIT licence.")
    )


def _streams(font: SoundFont, samples: Iterable[int]) -> bytes:
    return b"".join(font.compressed(sample) for sample in samples)


def _preset_tables(name: str, what: Cut, zones: Sequence[Zone], places: dict[int, int]) -> list[bytes]:
    title = name.encode("ascii")[:19]
    presets = struct.pack("<20sHHHIII", title, what.program, what.bank, 0, 0, 0, 0)
    presets += struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0)
    instruments = struct.pack("<20sH", title, 0) + struct.pack("<20sH", b"EOI", len(zones))
    bags, generators, count = b"", b"", 0
    for zone in zones:
        bags += struct.pack("<HH", count, 0)
        rows = _zone_rows(zone, places)
        generators += b"".join(rows)
        count += len(rows)
    return [
        _chunk(b"phdr", presets),
        _chunk(b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
        _chunk(b"pmod", bytes(10)),
        _chunk(b"pgen", struct.pack("<HHHH", Generator.INSTRUMENT, 0, 0, 0)),
        _chunk(b"inst", instruments),
        _chunk(b"ibag", bags + struct.pack("<HH", count, 0)),
        _chunk(b"imod", bytes(10)),
        _chunk(b"igen", generators + bytes(4)),
    ]


def _zone_rows(zone: Zone, places: dict[int, int]) -> list[bytes]:
    """Generators in the order the specification wants: ranges first, the sample last."""
    first = {Generator.KEY_RANGE: zone.keys, Generator.VELOCITY_RANGE: zone.velocities}
    rows = [struct.pack("<HBB", operator, low, high) for operator, (low, high) in first.items()]
    rows += [
        struct.pack("<Hh", operator, value)
        for operator, value in sorted(zone.generators.items())
        if operator not in first and operator != Generator.SAMPLE
    ]
    return [*rows, struct.pack("<HH", Generator.SAMPLE, places[zone.sample])]


def _sample_table(font: SoundFont, samples: Sequence[int]) -> bytes:
    table, place = b"", 0
    for sample in samples:
        header = font.headers[sample]
        size = header.end - header.start
        table += struct.pack(
            "<20s5IBbHH",
            header.name[:19],
            place,
            place + size,
            header.loop_start,
            header.loop_end,
            header.rate,
            header.root,
            header.correction,
            0,
            # Without a partner a sample is mono, whatever side it was on. The high bits say how it is stored.
            (header.kind & 0xFFF0) | 1,
        )
        place += size
    return _chunk(b"shdr", table + b"EOS".ljust(46, b"\0"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="FluidR3Mono_GM.sf3")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="where the files go")
    options = parser.parse_args()
    font = SoundFont.open(options.source)
    for name, what in CUTS.items():
        target = options.into / f"{name}.sf3"
        target.write_bytes(cut(font, what, name))
        print(f"{target.name}: {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
