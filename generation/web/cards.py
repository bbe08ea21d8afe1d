"""What a card shows: one piece of music that waits, is being made, is there, or could not be made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from generation.models import Job, Track, Worker
from generation.models.job_states import Status
from generation.models.track import title_for
from generation.scheduling.estimates import estimates_of
from generation.scheduling.turns import positions
from generation.tracks.scores import has_score
from generation.web.words import waiting_words, working_words

SOON = 2


@dataclass(frozen=True, slots=True)
class Card:
    """One piece of a job: `track` once it is stored, before that what is known of it.

    `state` is the job's status, but "completed" as soon as this piece is there. `percent` 0 to 100 where measured.
    """

    job: Job
    index: int
    track: Track | None
    state: str
    title: str
    seed: int
    duration: float
    genre: str
    bpm: float | None
    key: str
    time_signature: str
    percent: int | None = None
    words: str = ""

    @property
    def is_live(self) -> bool:
        return self.state in (Status.QUEUED, Status.PROCESSING)

    @property
    def name(self) -> str:
        """A name that no other card has."""
        return f"{self.job.pk}-{self.index}"

    @property
    def has_score(self) -> bool:
        """Whether MIDI and stems of the piece can be made."""
        return self.track is not None and has_score(self.track)

    @classmethod
    def of_track(cls, track: Track) -> Self:
        return cls(
            job=track.job,
            index=track.index,
            track=track,
            state=Status.COMPLETED,
            title=numbered(track.title, track.job, track.index),
            seed=track.seed,
            duration=track.duration,
            genre=track.genre,
            bpm=track.bpm,
            key=track.key,
            time_signature=track.time_signature,
        )


@dataclass(frozen=True, slots=True)
class JobCards:
    """A job with the cards of its pieces. `position` 1 is the next to start, None unless queued.

    `left` says how long it will still take, or nothing where that is not known.
    """

    job: Job
    cards: tuple[Card, ...]
    position: int | None
    worker_alive: bool
    left: str

    @property
    def title(self) -> str:
        """What all its pieces are called, without a number."""
        return title_for(self.job.request.variation(0), 0)

    @property
    def made(self) -> int:
        """How many of its pieces are there."""
        return sum(card.track is not None for card in self.cards)

    @property
    def elapsed(self) -> int:
        """Whole seconds since the order."""
        return int(self.job.elapsed_seconds)

    @property
    def live(self) -> Card | None:
        """The card of the piece that is being made; it shows how far the job is."""
        return next((card for card in self.cards if card.is_live), None)

    @property
    def worker_missing(self) -> bool:
        """Whether the job waits and no worker is there to take it."""
        return self.position is not None and not self.worker_alive

    @property
    def shape(self) -> str:
        """Changes when a card has to be drawn anew, rather than its state alone."""
        return f"{self.job.status}.{len(self.cards)}.{self.made}"

    @property
    def token(self) -> str:
        """Changes with anything that the cards show of a living job, the time elapsed apart."""
        job, live = self.job, self.live
        percent = live.percent if live else None
        stopping = int(job.cancel_requested_at is not None)
        state = f"{job.stage}.{percent}.{self.position}.{job.attempt}.{stopping}.{int(self.worker_alive)}.{self.left}"
        return f"{self.shape}-{state}"

    @property
    def poll_every(self) -> str:
        """How often a page asks after this job: seldom while many others are in front of it."""
        return "700ms" if (self.position or 0) <= SOON else "2500ms"


def cards_of(jobs: Iterable[Job], *, with_dismissed: bool = False) -> list[JobCards]:
    """The cards of jobs whose tracks are loaded; at most four queries more, beside what is measured now and then.

    `with_dismissed`: that a piece was not made is said also where its owner wanted it out of sight.
    """
    jobs = list(jobs)
    places = positions(jobs)
    waits = any(job.status == Status.QUEUED for job in jobs)
    worker_alive = not waits or Worker.objects.alive().exists()
    estimates = estimates_of(jobs, places)
    return [
        JobCards(
            job=job,
            cards=tuple(_pieces(job, places.get(job.pk), with_dismissed=with_dismissed)),
            position=places.get(job.pk),
            worker_alive=worker_alive,
            left=estimates[job.pk].words if worker_alive else "",
        )
        for job in jobs
    ]


def numbered(title: str, job: Job, index: int) -> str:
    """The title of one of several variations with its number before the words, where no narrow card cuts it off.

    A title that its owner has given it stays as it is.
    """
    number = f" ({index + 1})"
    if not title.endswith(number) or job.request.variations == 1:
        return title
    return f"{index + 1} · {title.removesuffix(number)}"


def _pieces(job: Job, position: int | None, *, with_dismissed: bool) -> Iterator[Card]:
    hides_missing = job.dismissed_at is not None and not with_dismissed
    made = {track.index: track for track in job.tracks.all()}
    for index in range(job.request.variations):
        track = made.get(index)
        if track is not None and track.deleted_at is None:
            yield Card.of_track(track)
        elif hides_missing:
            continue
        elif job.status == Status.CANCELED or (track is None and job.status != Status.COMPLETED):
            yield _missing(job, index, position, is_next=index == len(made))
            if not job.is_active:
                return  # one card says why, for all that was not made


def _missing(job: Job, index: int, position: int | None, *, is_next: bool) -> Card:
    """The card of a piece that is not there; `is_next`: it is the one that is being made."""
    request = job.variation(index)
    return Card(
        job=job,
        index=index,
        track=None,
        state=job.status,
        title=numbered(title_for(job.request, index), job, index),
        seed=request.seed or 0,
        duration=request.duration,
        genre=request.genre or "",
        bpm=request.bpm,
        key=request.key or "",
        time_signature=request.time_signature or "",
        percent=_percent(job, index),
        words=_words(job, position, is_next=is_next),
    )


def _percent(job: Job, index: int) -> int | None:
    """How much of this piece is made. A job measures all its pieces together, one after the other."""
    if job.progress is None or job.status != Status.PROCESSING:
        return None
    return round(100 * min(1.0, max(0.0, job.progress * job.request.variations - index)))


def _words(job: Job, position: int | None, *, is_next: bool) -> str:
    if job.status == Status.QUEUED:
        return waiting_words(job, position)
    if job.status == Status.PROCESSING:
        return working_words(job) if is_next else "Waiting for its turn"
    return ""
