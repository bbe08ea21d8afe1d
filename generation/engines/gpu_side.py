"""The GPU side: orders in, answers out, for whatever runs it. Free of Django and of Modal."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from generation.diffusion.errors import DiffusionError, SongError
from generation.diffusion.finishing import finish
from generation.diffusion.runner import Runner
from generation.diffusion.songs import Finished
from generation.engines.base import INTERNAL
from generation.engines.parcel import BadParcel, Delivery, Order, Refusal
from generation.engines.song_errors import refusal

logger = logging.getLogger(__name__)
REPORT_SECONDS: Final = 1.0
FAILED: Final = Refusal(INTERNAL, "The GPU service could not make this. Try again.", retryable=True)

# Takes the parts done, 0 to 1, by progress key; None where an order has been answered.
Report = Callable[[dict[str, float | None]], None]


class GpuSide:
    """A loaded model that answers packed orders. `gpu` is the name of what it runs on, `report` takes progress."""

    def __init__(
        self, runner: Runner, gpu: str, report: Report, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._runner = runner
        self._gpu = gpu
        self._report = report
        self._clock = clock

    def answer(self, parcels: Sequence[Any]) -> list[dict[str, Any]]:
        """An answer to each order, in their sequence, packed. One that cannot be made leaves the others alone.

        The seconds that all took are shared out among the songs that were made, by their length. Raises what
        went wrong where no song could be made and no order is at fault: this process may be broken.
        """
        answers: list[Delivery | Refusal | None] = [None] * len(parcels)
        orders: dict[int, Order] = {}
        for place, parcel in enumerate(parcels):
            try:
                orders[place] = self._order(parcel)
            except BadParcel as error:
                answers[place] = Refusal(INTERNAL, str(error), retryable=False)
        began = self._clock()
        made = dict(zip(orders, self._made(list(orders.values())), strict=True))
        seconds = self._clock() - began
        length = sum(song.duration for song in made.values() if isinstance(song, Finished))
        for place, song in made.items():
            if isinstance(song, Finished):
                answers[place] = self._delivery(song, seconds * song.duration / length)
            else:
                answers[place] = refusal(song) if isinstance(song, DiffusionError) else FAILED
        return [answer.pack() for answer in answers if answer is not None]

    def _order(self, parcel: Any) -> Order:
        order = Order.unpack(parcel)
        if order.model != self._runner.model.name:
            raise BadParcel(
                f"The site asks for {order.model}, and this app runs {self._runner.model.name}. "
                "Set MODAL_MODEL to the same on both sides and deploy the app anew."
            )
        return order

    def _made(self, orders: Sequence[Order]) -> list[Finished | Exception]:
        """The songs; where making them together fails unexpectedly, each alone."""
        if not orders:
            return []
        progress = _Progress([order.progress_key for order in orders], self._report, self._clock)
        try:
            return self._made_together(orders, progress)
        except Exception:
            if len(orders) == 1:
                raise
            logger.exception("%d songs could not be made together: each is made alone", len(orders))
            made = [self._made_alone(order, progress) for order in orders]
        finally:
            progress.end()
        if not any(isinstance(song, Finished | DiffusionError) for song in made):
            raise RuntimeError("Nothing can be made here any more") from made[0]  # type: ignore[misc]  # none is a song
        return made

    def _made_together(self, orders: Sequence[Order], progress: "_Progress") -> list[Finished | Exception]:
        songs = self._runner.generate([order.song for order in orders], progress.at, lambda: False)
        return [song if isinstance(song, SongError) else finish(song.audio) for song in songs]

    def _made_alone(self, order: Order, progress: "_Progress") -> Finished | Exception:
        try:
            [song] = self._made_together([order], progress)
        except Exception as error:
            logger.exception("A song could not be made alone either")
            return error
        return song

    def _delivery(self, song: Finished, seconds: float) -> Delivery:
        return Delivery(
            song,
            gpu=self._gpu,
            gpu_seconds=seconds,
            model=self._runner.model.name,
            revision=self._runner.revision,
        )


class _Progress:
    """Reports the progress of a batch once a second. Where that fails, the songs are made all the same."""

    def __init__(self, keys: Sequence[str], report: Report, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._report = report
        self._clock = clock
        self._due = clock()

    def at(self, part: float) -> None:
        if self._clock() >= self._due:
            self._send(part)
            self._due = self._clock() + REPORT_SECONDS

    def end(self) -> None:
        self._send(None)

    def _send(self, part: float | None) -> None:
        try:
            self._report(dict.fromkeys(self._keys, part))
        except Exception:
            logger.warning("Progress could not be reported", exc_info=True)
            self._report = lambda parts: None
