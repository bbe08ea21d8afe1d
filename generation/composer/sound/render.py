"""Renders a score: a generator of stereo chunks that carries all state, so memory is bounded and it can be stopped."""

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from generation.audio.types import Samples
from generation.composer.dsp.control import control_hop
from generation.composer.score import Part, Score
from generation.composer.sound.levels import calibration, predicted_lufs
from generation.composer.sound.mix import Desk, Strip
from generation.composer.sound.mix_table import RoleMix, load_mix
from generation.composer.sound.perform import perform
from generation.composer.sound.shading import shaded
from generation.composer.sources.player import Player
from generation.composer.sources.registry import Device, Setting, device, instrument, is_recorded, ready

BLOCK_SECONDS = 0.5
CHUNK_SECONDS = 2.5

_SHORTEST_FADE = 0.25
_LONGEST_FADE = 3.0
# A fade that was asked for takes this share of the piece.
_SLOW_FADE_SHARE = 0.25
_LONGEST_SLOW_FADE = 14.0
_AT_REST = 1e-5


def render(
    score: Score,
    *,
    sample_rate: int = 48_000,
    chunk_seconds: float = CHUNK_SECONDS,
    block_seconds: float = BLOCK_SECONDS,
) -> Iterator[Samples]:
    """The piece as float32 chunks (2, frames), the first of `block_seconds`, then of about `chunk_seconds`.

    The frames add up to exactly round(score.duration * sample_rate); every chunk but the last is a multiple
    of the control hop. The same score gives the same samples. Raises ValueError for an unknown genre or
    instrument.
    """
    renderer = Renderer(score, sample_rate, block_seconds)
    waiting: list[Samples] = []
    wanted = 1
    for block in renderer.blocks():
        waiting.append(block)
        if len(waiting) == wanted:
            yield np.concatenate(waiting, axis=1)
            waiting = []
            wanted = max(1, round(chunk_seconds / block_seconds))
    if waiting:
        yield np.concatenate(waiting, axis=1)


class Channel:
    """A part, its player, its amplifier or pedal, and its strip on the desk."""

    def __init__(self, part: Part, player: Player, strip: Strip, sample_rate: int) -> None:
        self.role = part.role
        self.strip = strip
        self._player = player
        self._device = device(part.instrument, sample_rate)
        self._rests = True

    def play(self, frames: int) -> Samples | None:
        block = self._player.pull(frames)
        if self._device:
            block = self._bent(self._device, block, frames)
        if block is None:
            return None
        return self.strip(block)

    def _bent(self, device: Device, block: Samples | None, frames: int) -> Samples | None:
        """The block through the device, which goes on ringing by itself until it is at rest."""
        if block is None and self._rests:
            return None
        sound = device(np.zeros((1, frames), np.float32) if block is None else block[:1])
        self._rests = block is None and float(np.abs(sound).max()) < _AT_REST
        return sound


class Renderer:
    """Everything that sounds in one piece."""

    def __init__(self, score: Score, sample_rate: int, block_seconds: float = BLOCK_SECONDS) -> None:
        hop = control_hop(sample_rate)
        self.block = max(1, round(block_seconds * sample_rate / hop)) * hop
        self.frames = round(score.duration * sample_rate)
        performance = perform(score)
        mix = shaded(load_mix(score.genre), score.shade)
        self._channels = []
        for part in score.parts:
            notes = ready(performance.get(part.role, ()), part.instrument)
            setting = Setting(part.role, score.tonic, score.seed, sample_rate)
            source = instrument(part.instrument, setting)
            place = mix.role(part.role)
            level = predicted_lufs(notes, calibration(part.instrument, is_recorded(part.instrument)))
            strip = Strip(place, place.lufs - level, source.channels, sample_rate)
            self._channels.append(Channel(part, Player(source, notes, sample_rate), strip, sample_rate))
        kicks = [note.time for note in performance.get("drums", ()) if note.voice == "kick"]
        self.desk = partial(Desk, score, mix, kicks, sample_rate, self.block)
        self._desk = self.desk()
        slow = min(_LONGEST_SLOW_FADE, score.duration * _SLOW_FADE_SHARE)
        natural = min(_LONGEST_FADE, max(_SHORTEST_FADE, 0.6 * score.tail))
        self._fade = _fade(slow if score.shade.fade_out else natural, sample_rate, self.frames)
        self._opening = _fade(slow, sample_rate, self.frames)[::-1] if score.shade.fade_in else self._fade[:0]

    def spans(self) -> Iterator[tuple[int, int]]:
        """First and last frame of each block."""
        for start in range(0, self.frames, self.block):
            yield start, min(self.frames, start + self.block)

    def play(self) -> dict[str, tuple[RoleMix, Samples]]:
        """The next block of every role that sounds, placed and at its level."""
        played = {}
        for channel in self._channels:
            block = channel.play(self.block)
            if block is not None:
                played[channel.role] = (channel.strip.place, block)
        return played

    def blocks(self) -> Iterator[Samples]:
        """The mixed piece, block by block, faded into silence at its end, and out of it where that was asked for."""
        for start, stop in self.spans():
            mixed = self._desk(self.play())[:, : stop - start]
            self.fade(mixed, start)
            yield mixed

    def fade(self, block: Samples, start: int) -> None:
        """Fade a block that begins at frame `start`, in place, where the piece ends, and begins if that was asked."""
        stop = start + block.shape[1]
        if start < len(self._opening):
            rising = self._opening[start:stop]
            block[:, : len(rising)] *= rising
        faded_from = self.frames - len(self._fade)
        if stop > faded_from:
            first = max(start, faded_from)
            block[:, first - start :] *= self._fade[first - faded_from : stop - faded_from]


def _fade(seconds: float, sample_rate: int, frames: int) -> Samples:
    """Gains from one to exactly zero."""
    count = max(1, min(frames, int(seconds * sample_rate)))
    return np.float32(0.5) + np.float32(0.5) * np.cos(np.linspace(0, math.pi, count, dtype=np.float32))
