"""One variation of a job: have the engine make the music, master it, store it, save its track."""

import dataclasses
import logging
import time
from typing import Self

from django.db import transaction
from django.utils import timezone

from generation.audio.master import master
from generation.engines.base import InProcessEngine, Music, Stopped
from generation.models import Job, Lease, Track
from generation.models.job_event import EventKind
from generation.models.job_states import Stage
from generation.storage import Cancellation
from generation.tracks import store
from generation.worker.database_retry import retry_while_database_away
from generation.worker.heartbeat import Heartbeat

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Seconds spent making and storing the music in this attempt, whoever worked on it."""

    generate: float = 0.0
    store: float = 0.0

    @classmethod
    def so_far(cls, job: Job) -> Self:
        """What the attempt at a job that was just claimed has taken: while a call was followed, it went on."""
        store = job.store_seconds or 0.0
        began = job.claimed_at or timezone.now()
        return cls(max(0.0, (timezone.now() - began).total_seconds() - store), store)

    def __add__(self, other: "Timing") -> "Timing":
        return Timing(self.generate + other.generate, self.store + other.store)


class Variation:
    """The making of one of a job's tracks."""

    def __init__(self, lease: Lease, heartbeat: Heartbeat, index: int) -> None:
        self.lease = lease
        self.job = lease.job
        self.heartbeat = heartbeat
        self.index = index
        self.request = lease.job.variation(index)

    def make(self, engine: InProcessEngine) -> Timing:
        """Generate, master and store it."""
        began = time.monotonic()
        self.heartbeat.at(Stage.GENERATING)
        return self.store(engine.generate(self.request, self._on_progress, self.heartbeat.should_stop), began)

    def store(self, music: Music, began: float, *, forget_call: bool = False) -> Timing:
        """Master and store music whose making began then; the row is written only while the lease still holds.

        With `forget_call` the remote call that made it is forgotten together with that.
        """
        self.heartbeat.at(Stage.MASTERING)
        audio = master(music.audio)
        self._leave_if_asked()
        made = time.monotonic()
        self.heartbeat.at(Stage.UPLOADING)
        track = store.store_master(
            self.job, self.index, music, audio, Cancellation(self.heartbeat.should_stop, self._unwanted)
        )
        timing = Timing(made - began, time.monotonic() - made)
        if self._unwanted():
            track.storage.delete(track.storage_key)
        self._leave_if_asked()
        retry_while_database_away(lambda: self._save(track, music, forget_call=forget_call))
        return timing

    def _save(self, track: Track, music: Music, *, forget_call: bool) -> None:
        with transaction.atomic():
            if not (self.lease.forget_call() if forget_call else self.lease.renew()):
                self.heartbeat.lost = True
                raise Stopped
            if self.job.tracks.filter(pk=track.pk).exists():
                return  # saved just before the database went away
            track.owner_id = self.job.owner_id  # a guest may have logged in to an account meanwhile
            track.save(force_insert=True)
            if music.cost_usd is not None:
                self.job.add_cost(music.cost_usd)
            self.job.add_reasons(music.reasons)
            self.job.note(EventKind.STORED, self._said_of(music))

    def _said_of(self, music: Music) -> str:
        text = f"track {self.index + 1} of {self.job.request.variations}"
        if music.unpriced:
            return f"{text}; what it cost is not known: MODAL_GPU_PRICES has no price for the GPU “{music.unpriced}”"
        return text

    def _on_progress(self, part: float) -> None:
        self.heartbeat.progress = min(1.0, max(0.0, (self.index + part) / self.job.request.variations))

    def _unwanted(self) -> bool:
        """Whether nobody wants what is stored. Of a job that was taken away, the other worker stores the same key."""
        return self.heartbeat.canceled and not self.heartbeat.lost

    def _leave_if_asked(self) -> None:
        if self.heartbeat.should_stop():
            raise Stopped
