"""Three pieces of the built-in composer, for whoever has made nothing yet.

Each is an ordinary job of a user whom nobody can log in as, ordered when somebody first wants to hear it: any process
may be asked, a worker makes it, the storage keeps it, and from then on everybody hears it at once. So it counts for no
visitor's quotas, stands in nobody's library, and no visitor can delete it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import caches
from django.http import Http404

from accounts.managers import DEMONSTRATIONS_ID
from accounts.models import User
from generation import jobs
from generation.engines.composer import ComposerEngine
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.models import IdempotencyKey, Job, Track
from generation.models.idempotency_key import KeyTaken
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import Status
from generation.web.cards import JobCards, cards_of

OWNER_ID = DEMONSTRATIONS_ID
DURATION = 30
MADE_KEPT_SECONDS = 10


class NotNow(Exception):
    """The pieces cannot be ordered: their owner is being deleted."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is made. `name` stands in its address."""

    name: str
    title: str
    prompt: str
    genre: str
    seed: int
    duration: float = DURATION

    @property
    def request(self) -> MusicRequest:
        return MusicRequest(
            prompt=self.prompt, duration=self.duration, genre=self.genre, seed=self.seed, title=self.title
        )

    @property
    def tries(self) -> JobQuerySet:
        """The jobs that were to make it, the newest first."""
        return Job.objects.filter(owner_id=OWNER_ID, input__title=self.title, input__seed=self.seed)

    @property
    def spent_tries(self) -> JobQuerySet:
        """Those of which nothing can come any more: they failed, or what they made was deleted."""
        alive = self.tries.shown().exclude(status__in=(Status.FAILED, Status.CANCELED))
        return self.tries.exclude(pk__in=alive.order_by().values("pk"))


PIECES = (
    Piece("rain", "Rain on the window", "Lo-fi beats for a rainy evening, warm piano", "lofi", 8),
    Piece("night-drive", "Night drive", "Driving house, bright arpeggios", "house", 7),
    Piece("summit", "The summit", "Epic cinematic rise with strings and taiko", "cinematic", 12),
)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A piece and how far it is: `track` once it is made, before that `cards` if it was ordered."""

    piece: Piece
    track: Track | None = None
    cards: JobCards | None = None

    @property
    def key(self) -> str:
        """The key of the music, also before it is made."""
        if self.track:
            return self.track.key
        return get_engine(composer_alias()).variation(self.piece.request, 0).key or ""

    @property
    def live(self) -> JobCards | None:
        """The cards of the job that is making it."""
        return self.cards if self.cards and self.cards.job.is_active and not self.track else None

    @property
    def has_failed(self) -> bool:
        return self.cards is not None and self.cards.job.is_retryable


def composer_alias() -> str | None:
    """The alias of the built-in composer; None where it is not among the engines."""
    return next((alias for alias in settings.ENGINES if isinstance(get_engine(alias), ComposerEngine)), None)


def piece_named(name: str) -> Piece:
    """Raises Http404 for another name, and where there is no composer to make it."""
    piece = next((piece for piece in PIECES if piece.name == name), None)
    if piece is None or composer_alias() is None:
        raise Http404("There is no such piece.")
    return piece


def demonstration(piece: Piece) -> Demonstration:
    """How far a piece is, asked of the database."""
    job = piece.tries.shown().prefetch_related("tracks__renditions").first()
    if job is None:
        return Demonstration(piece)
    [cards] = cards_of([job])
    return Demonstration(piece, next(iter(job.kept_tracks), None), cards)


def demonstrations() -> list[Demonstration]:
    """All pieces, of which only those are known that are made: a process asks for them every ten seconds."""
    if composer_alias() is None:
        return []
    made: dict[str, Track] | None = caches["process"].get_or_set(
        "demonstrations", lambda: dict(_made()), MADE_KEPT_SECONDS
    )
    return [Demonstration(piece, (made or {}).get(piece.name)) for piece in PIECES]


def order(piece: Piece) -> None:
    """Have a piece made that is not. Of any number of processes that do so at once, one orders it.

    Raises NotNow, QuotaExceeded and RequestError.
    """
    owner, _ = User.objects.get_or_create(
        pk=OWNER_ID, defaults={"is_guest": True, "is_active": False, "password": "!"}
    )
    if owner.deleted_at is not None:
        raise NotNow
    key = IdempotencyKey(owner_id=OWNER_ID, key=f"{piece.name} {piece.spent_tries.count()}", fingerprint="")
    with suppress(KeyTaken):
        jobs.submit(owner=owner, request=piece.request, engine=composer_alias(), key=key)


def _made() -> Iterator[tuple[str, Track]]:
    tracks = Track.objects.kept().filter(owner_id=OWNER_ID).order_by("created_at")
    titles = {(piece.title, piece.seed): piece.name for piece in PIECES}
    for track in tracks:
        if name := titles.get((track.title, track.seed)):
            yield name, track
