"""The GPU side: orders in, answers out, for whatever runs it. Free of Django and of Modal."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from generation.diffusion.errors import DiffusionError
from generation.diffusion.flac import encode_flac
from generation.diffusion.runner import OnProgress, Runner
from generation.diffusion.songs import BestTake, SongRequest
from generation.diffusion.takes import make_best
from generation.engines.base import INTERNAL
from generation.engines.parcel import Answer, BadParcel, Delivery, Order, Refusal
from generation.engines.song_errors import refusal

logger = logging.getLogger(__name__)
REPORT_SECONDS: Final = 1.0
FAILED: Final = Refusal(INTERNAL, "The GPU service could not make this. Try again.", retryable=True)

# Takes the parts done, 0 to 1, by progress key; None where an order has been answered.
Report = Callable[[dict[str, float | None]], None]
# The best takes of songs, as `make_best` gives them.
MakeBest = Callable[..., list[Any]]
Made = BestTake | Exception


class GpuSide:
    """A loaded model that answers packed orders. `gpu` is the name of what it runs on, `report` takes progress."""

    def __init__(
        self,
        runner: Runner,
        gpu: str,
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        make: MakeBest = make_best,
    ) -> None:
        self._runner = runner
        self._gpu = gpu
        self._report = report
        self._clock = clock
        self._make = make

    def answer(self, parcels: Sequence[Any]) -> list[dict[str, Any]]:
        """An answer to each order, in their sequence, packed. A song that cannot be made leaves the others alone.

        All songs of all orders are made together. The seconds that they took are shared out among those that were
        made, by their length and takes. Raises what went wrong where no song could be made and none is at fault: this
        process may be broken.
        """
        orders = [self._order(parcel) for parcel in parcels]
        songs = [song for order in orders if isinstance(order, Order) for song in order.songs]
        began = self._clock()
        made = self._made(songs, [order.progress_key for order in orders if isinstance(order, Order)])
        seconds = self._clock() - began
        weight = sum(
            _weight(song) for song, one in zip(songs, made, strict=True) if isinstance(one, BestTake)
        )
        answers = iter(
            self._delivery(one, seconds * _weight(song) / weight)
            if isinstance(one, BestTake)
            else _refused(one)
            for song, one in zip(songs, made, strict=True)
        )
        return [
            Answer(
                tuple(next(answers) for _ in order.songs)
                if isinstance(order, Order)
                else (order,) * _asked(parcel)
            ).pack()
            for order, parcel in zip(orders, parcels, strict=True)
        ]

    def _order(self, parcel: Any) -> Order | Refusal:
        try:
            order = Order.unpack(parcel)
        except BadParcel as error:
            return Refusal(INTERNAL, str(error), retryable=False)
        if order.model != self._runner.model.name:
            return Refusal(
                INTERNAL,
                f"The site asks for {order.model}, and this app runs {self._runner.model.name}. "
                "Set MODAL_MODEL to the same on both sides and deploy the app anew.",
                retryable=False,
            )
        return order

    def _made(self, songs: Sequence[SongRequest], progress_keys: Sequence[str]) -> list[Made]:
        """The songs; where making them together fails unexpectedly, each alone."""
        if not songs:
            return []
        progress = _Progress(progress_keys, self._report, self._clock)
        try:
            return self._made_together(songs, progress.at)
        except Exception:
            if len(songs) == 1:
                raise
            logger.exception("%d songs could not be made together: each is made alone", len(songs))
            made = [
                self._made_alone(song, partial(progress.at, done=place, of=len(songs)))
                for place, song in enumerate(songs)
            ]
        finally:
            progress.end()
        if not any(isinstance(one, BestTake | DiffusionError) for one in made):
            raise RuntimeError("Nothing can be made here any more") from made[0]  # type: ignore[misc]  # none is a song
        return made

    def _made_together(self, songs: Sequence[SongRequest], on_progress: OnProgress) -> list[Made]:
        return self._make(self._runner, songs, on_progress, lambda: False)

    def _made_alone(self, song: SongRequest, on_progress: OnProgress) -> Made:
        try:
            [made] = self._made_together([song], on_progress)
        except Exception as error:
            logger.exception("A song could not be made alone either")
            return error
        return made

    def _delivery(self, best: BestTake, seconds: float) -> Delivery:
        audio = best.song.audio
        return Delivery(
            flac=encode_flac(audio),
            duration=audio.duration,
            seed=best.seed,
            gpu=self._gpu,
            gpu_seconds=seconds,
            model=self._runner.model.name,
            revision=self._runner.revision,
            takes=best.takes,
            reasons=tuple(best.song.used.get("reasons", ())),
        )


def _asked(parcel: Any) -> int:
    """How many songs are asked for by what cannot be made; one where that is not to be seen."""
    songs = parcel.get("songs") if isinstance(parcel, Mapping) else None
    return len(songs) if isinstance(songs, Sequence) else 1


def _weight(song: SongRequest) -> float:
    return song.duration * song.takes


def _refused(error: Exception) -> Refusal:
    return refusal(error) if isinstance(error, DiffusionError) else FAILED


class _Progress:
    """Reports the progress of a batch once a second, which never goes back.

    Where that fails, the songs are made all the same.
    """

    def __init__(self, keys: Sequence[str], report: Report, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._report = report
        self._clock = clock
        self._due = clock()
        self._most = 0.0

    def at(self, part: float, done: int = 0, of: int = 1) -> None:
        """This part is made of what comes after the first `done` of so many songs."""
        self._most = max(self._most, (done + part) / of)
        if self._clock() >= self._due:
            self._send(self._most)
            self._due = self._clock() + REPORT_SECONDS

    def end(self) -> None:
        self._send(None)

    def _send(self, part: float | None) -> None:
        try:
            self._report(dict.fromkeys(self._keys, part))
        except Exception:
            logger.warning("Progress could not be reported", exc_info=True)
            self._report = lambda parts: None
