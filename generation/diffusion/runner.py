"""What every loaded model does: songs for requests, as many at once as fit together and into memory."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from generation.diffusion.catalog import Model
from generation.diffusion.errors import Interrupted, OutOfMemory, SongError, UnfitRequest, UnsoundSong
from generation.diffusion.request_check import asked_seconds, check
from generation.diffusion.songs import Song, SongRequest

if TYPE_CHECKING:
    from generation.audio.types import Samples

OnProgress = Callable[[float], None]
ShouldStop = Callable[[], bool]
OnStep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Generated:
    """Samples (channels, frames) as they leave the model, at least as long as asked, and what it was given."""

    samples: "Samples"
    used: Mapping[str, Any]


class Runner(ABC):
    """A model in the memory of a device, of which `revision` is the commit. Not to be used by two threads at once."""

    def __init__(self, model: Model, revision: str, max_batch: int | None = None) -> None:
        self.model = model
        self.revision = revision
        self.max_batch = max_batch or model.max_batch

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        model: Model,
        revision: str,
        device: str,
        later: str,
        max_batch: int | None = None,
    ) -> Self:
        """A runner of the weights in a folder. A subclass takes what `read` gives before `model`."""
        kind: Any = cls
        runner: Self = kind(cls.read(folder, device, later), model, revision, max_batch)
        return runner

    @staticmethod
    @abstractmethod
    def read(folder: Path, device: str, later: str) -> Any:
        """The weights, in the memory of a device and in the precision of that which they move to `later`."""

    @abstractmethod
    def move_to(self, device: str) -> None:
        """Put the model into the memory of another device."""

    @abstractmethod
    def batch_key(self, request: SongRequest) -> Hashable:
        """Requests with equal batch keys can be made at once without one changing another. Raises UnfitRequest."""

    @abstractmethod
    def make(self, requests: Sequence[SongRequest], on_step: OnStep) -> list[Generated]:
        """Make the songs of requests with equal batch keys. `on_step` takes the part done and may raise Interrupted."""

    def generate(
        self, requests: Sequence[SongRequest], on_progress: OnProgress, should_stop: ShouldStop
    ) -> list[Song | SongError]:
        """A song for each request, in their order; in the place of one that could not be made, why.

        Requests that fit together are made at once, at most `max_batch`; where that takes too much memory, fewer.
        Calls `on_progress` with the part done of all, 0 to 1, and asks `should_stop` at every step of the model.
        Raises Interrupted where that says so.
        """
        outcomes: dict[int, Song | SongError] = {}
        waiting = self._batches(requests, outcomes)
        report = _Progress(len(requests), on_progress, should_stop)
        report.ended(len(outcomes))
        while waiting:
            batch = waiting.pop(0)
            songs = self._songs_or_none(
                [requests[place] for place in batch], partial(report.step, len(batch))
            )
            if songs is None:
                half = len(batch) // 2
                waiting[:0] = [batch[:half], batch[half:]]
                continue
            outcomes.update(zip(batch, songs, strict=True))
            report.ended(len(batch))
        return [outcomes[place] for place in range(len(requests))]

    def generate_one(self, request: SongRequest, on_progress: OnProgress, should_stop: ShouldStop) -> Song:
        """One song. Raises SongError, and Interrupted as `generate` does."""
        [song] = self.generate([request], on_progress, should_stop)
        if isinstance(song, SongError):
            raise song
        return song

    def _batches(
        self, requests: Sequence[SongRequest], outcomes: dict[int, Song | SongError]
    ) -> list[list[int]]:
        """The places of requests to be made at once; why the others cannot be made goes into `outcomes`."""
        alike: dict[Hashable, list[int]] = {}
        for place, request in enumerate(requests):
            try:
                check(self.model, request)
                alike.setdefault((asked_seconds(request), self.batch_key(request)), []).append(place)
            except UnfitRequest as error:
                outcomes[place] = error
        return [
            places[start : start + self.max_batch]
            for places in alike.values()
            for start in range(0, len(places), self.max_batch)
        ]

    def _songs_or_none(
        self, requests: Sequence[SongRequest], on_step: OnStep
    ) -> list[Song | SongError] | None:
        """The songs of one batch, or None where fewer at once may fit into memory."""
        import torch

        try:
            on_step(0.0)
            made = self.make(requests, on_step)
        except torch.OutOfMemoryError as error:
            reason = str(error)
        else:
            return [self._song(request, one) for request, one in zip(requests, made, strict=True)]
        # Not in the except clause: there the traceback still holds what the attempt had allocated.
        torch.cuda.empty_cache()
        if len(requests) > 1:
            return None
        [request] = requests
        return [
            OutOfMemory(
                f"{request.duration:g} seconds of music by {self.model.title} do not fit into the memory of "
                f"this GPU. Ask for less, or take a GPU with more memory. ({reason})"
            )
        ]

    def _song(self, request: SongRequest, made: Generated) -> Song | SongError:
        from generation.diffusion.trimming import trimmed

        try:
            audio = trimmed(made.samples, self.model.sample_rate, request.duration)
        except UnsoundSong as error:
            return error
        return Song(audio, made.used)


class _Progress:
    """How far a call of `generate` is. What is begun again in smaller batches does not take anything back."""

    def __init__(self, songs: int, on_progress: OnProgress, should_stop: ShouldStop) -> None:
        self._songs = songs
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._done = 0
        self._reported = 0.0

    def step(self, songs: int, part: float) -> None:
        """This part of a batch of so many songs is made. Raises Interrupted."""
        if self._should_stop():
            raise Interrupted("The making was stopped as asked.")
        self._report((self._done + songs * part) / self._songs)

    def ended(self, songs: int) -> None:
        self._done += songs
        if self._songs:
            self._report(self._done / self._songs)

    def _report(self, part: float) -> None:
        if part > self._reported:
            self._reported = part
            self._on_progress(part)
