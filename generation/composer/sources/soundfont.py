"""Reads SF2 and SF3 files: presets of zones, each a recording and the generators that shape it.

SoundFont Technical Specification 2.04; SF3 is the same with every recording as an Ogg Vorbis stream.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from threading import Lock

import numpy as np
import soundfile

from generation.audio.types import Samples


class SoundFontError(ValueError):
    """The file is not a SoundFont, or lacks what was asked of it."""


class Generator(IntEnum):
    """The generators this project reads (specification 8.1.2)."""

    START = 0
    END = 1
    START_LOOP = 2
    END_LOOP = 3
    START_COARSE = 4
    FILTER_CUTOFF = 8
    MOD_ENVELOPE_TO_CUTOFF = 11
    END_COARSE = 12
    PAN = 17
    MOD_ENVELOPE_SUSTAIN = 29
    ATTACK = 34
    HOLD = 35
    DECAY = 36
    SUSTAIN = 37
    INSTRUMENT = 41
    KEY_RANGE = 43
    VELOCITY_RANGE = 44
    START_LOOP_COARSE = 45
    ATTENUATION = 48
    END_LOOP_COARSE = 50
    COARSE_TUNE = 51
    FINE_TUNE = 52
    SAMPLE = 53
    SAMPLE_MODES = 54
    SCALE_TUNING = 56
    ROOT_KEY = 58


_RANGES = (Generator.KEY_RANGE, Generator.VELOCITY_RANGE)
_DEFAULTS = {
    Generator.FILTER_CUTOFF: 13500,
    Generator.ATTACK: -12000,
    Generator.HOLD: -12000,
    Generator.DECAY: -12000,
    Generator.SCALE_TUNING: 100,
    Generator.ROOT_KEY: -1,
}
_COMPRESSED = 0x10
_RECORD_SIZES = {b"phdr": 38, b"pbag": 4, b"pgen": 4, b"inst": 22, b"ibag": 4, b"igen": 4, b"shdr": 46}


@dataclass(frozen=True, slots=True)
class Zone:
    """Which keys and velocities (ends included) a recording answers, and the generators written for it."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    generators: Mapping[int, int]

    def answers(self, key: int, velocity: int) -> bool:
        return self.keys[0] <= key <= self.keys[1] and self.velocities[0] <= velocity <= self.velocities[1]

    def value(self, generator: Generator) -> int:
        return self.generators.get(generator, _DEFAULTS.get(generator, 0))


@dataclass(frozen=True, slots=True)
class SampleHeader:
    """Where a recording lies and what it is. Loop points count from its own first frame, `rate` is in Hz."""

    name: bytes
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    root: int
    correction: int
    kind: int


class Recording:
    """The frames of one sample, decoded as far as they were needed. May be shared between threads."""

    def __init__(self, compressed: bytes) -> None:
        self._file = soundfile.SoundFile(io.BytesIO(compressed))
        self._lock = Lock()
        self._known = np.zeros(0, np.float32)
        self.frames: int = self._file.frames

    @property
    def nbytes(self) -> int:
        return self._known.nbytes

    def upto(self, frames: int) -> Samples:
        """At least the first `frames` samples, or all there are."""
        wanted = min(frames, self.frames)
        with self._lock:
            if wanted > len(self._known):
                ahead = max(wanted, len(self._known) + self._file.samplerate)
                more = self._file.read(min(ahead, self.frames) - len(self._known), dtype="float32")
                self._known = np.concatenate([self._known, more])
            return self._known


@dataclass(slots=True)
class SoundFont:
    """One file, read whole; recordings are decoded on demand."""

    data: bytes
    chunks: Mapping[bytes, tuple[int, int]]
    headers: list[SampleHeader] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path) -> "SoundFont":
        """Raises OSError where the file cannot be read, SoundFontError where it is no SoundFont."""
        data = path.read_bytes()
        if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
            raise SoundFontError(f"{path.name} is not a SoundFont.")
        font = cls(data, dict(_leaves(data)))
        missing = [name.decode() for name in (*_RECORD_SIZES, b"smpl") if name not in font.chunks]
        if missing:
            raise SoundFontError(f"{path.name} lacks its parts {', '.join(missing)}; it may be cut short.")
        font.headers = [_header(record) for record in font.records(b"shdr")[:-1]]
        return font

    def records(self, name: bytes) -> list[bytes]:
        start, size = self.chunks[name]
        step = _RECORD_SIZES[name]
        return [self.data[place : place + step] for place in range(start, start + size, step)]

    def presets(self) -> list[tuple[int, int]]:
        """(bank, program) of every preset, in the file's order."""
        return [struct.unpack_from("<HH", record, 20)[::-1] for record in self.records(b"phdr")[:-1]]

    def zones(self, preset: int = 0) -> list[Zone]:
        """The zones of the preset with this index, generators of both levels merged (specification 9.4)."""
        found = []
        for outer in self._layer(b"phdr", b"pbag", b"pgen", preset, Generator.INSTRUMENT):
            for inner in self._layer(
                b"inst", b"ibag", b"igen", outer[Generator.INSTRUMENT], Generator.SAMPLE
            ):
                zone = _merged(outer, inner)
                if zone is not None:
                    found.append(zone)
        return found

    def compressed(self, sample: int) -> bytes:
        """The Ogg Vorbis stream of a sample. Raises SoundFontError where the sample is plain PCM."""
        header = self.headers[sample]
        if not header.kind & _COMPRESSED:
            raise SoundFontError(f"Sample {header.name!r} is not compressed; an SF3 file is needed.")
        base = self.chunks[b"smpl"][0]
        return self.data[base + header.start : base + header.end]

    def recording(self, sample: int) -> Recording:
        return Recording(self.compressed(sample))

    def _layer(
        self, heads: bytes, bags: bytes, generators: bytes, index: int, target: Generator
    ) -> list[dict[int, int]]:
        offset = 24 if heads == b"phdr" else 20
        records, bag, table = self.records(heads), self.records(bags), self.records(generators)
        first, last = (struct.unpack_from("<H", records[index + step], offset)[0] for step in (0, 1))
        zones = []
        for place in range(first, last):
            begin, end = (struct.unpack_from("<H", bag[place + step])[0] for step in (0, 1))
            zones.append(dict(_generator(record) for record in table[begin:end]))
        common = zones.pop(0) if zones and target not in zones[0] else {}
        return [{**common, **zone} for zone in zones if target in zone]


def _leaves(data: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    for name, start, size in _chunks(data, 12, len(data)):
        if name == b"LIST":
            for inner, inner_start, inner_size in _chunks(data, start + 4, start + size):
                yield inner, (inner_start, inner_size)


def _chunks(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while place + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, place)
        yield name, place + 8, size
        place += 8 + size
        # Some writers of SF3 leave out the byte that RIFF wants after an odd chunk.
        if size % 2 and data[place : place + 1] == b"\0":
            place += 1


def _generator(record: bytes) -> tuple[int, int]:
    """(operator, value); a range packs its low end in the low byte."""
    operator = struct.unpack_from("<H", record)[0]
    return operator, struct.unpack_from("<H" if operator in _RANGES else "<h", record, 2)[0]


def _header(record: bytes) -> SampleHeader:
    start, end, loop_start, loop_end, rate = struct.unpack_from("<5I", record, 20)
    root, correction, _, kind = struct.unpack_from("<BbHH", record, 40)
    return SampleHeader(
        record[:20].rstrip(b"\0"),
        start,
        end,
        loop_start,
        loop_end,
        rate,
        root if root < 128 else 60,
        correction,
        kind,
    )


def _merged(outer: Mapping[int, int], inner: Mapping[int, int]) -> Zone | None:
    spans = []
    for generator in _RANGES:
        low, high = 0, 127
        for level in (outer, inner):
            packed = level.get(generator, 127 << 8)
            low, high = max(low, packed & 0xFF), min(high, packed >> 8)
        if low > high:
            return None
        spans.append((low, high))
    generators = dict(inner)
    for operator, value in outer.items():
        if operator not in _RANGES and operator != Generator.INSTRUMENT:
            default = _DEFAULTS.get(Generator(operator), 0) if operator in set(Generator) else 0
            generators[operator] = generators.get(operator, default) + value
    return Zone(spans[0], spans[1], inner[Generator.SAMPLE], generators)
