"""Open models as engines see them: what each can do, an order in its words, and what its errors mean."""

from generation.composer.genre.catalog import GENRES
from generation.composer.theory import KEY_NAMES
from generation.diffusion.catalog import Model
from generation.diffusion.songs import SongRequest
from generation.engines.capabilities import Capabilities
from generation.engines.request import MusicRequest

HINTS = "Tempo and key are hints to this model. What came out is measured and shown beside them."


def capabilities_of(model: Model) -> Capabilities:
    """What may be asked of a model."""
    return Capabilities(
        title=model.title,
        description=model.description,
        min_duration=model.min_duration,
        max_duration=model.max_duration,
        genres=tuple(GENRES),
        keys=KEY_NAMES,
        honours=model.honours,
        model=model.repo,
        licence=model.licence,
        licence_url=model.licence_url,
        licence_note=model.licence_note,
        commercial_use=model.commercial,
    )


def song_of(request: MusicRequest) -> SongRequest:
    """One variation of an order, as a model is asked for it."""
    return SongRequest(
        prompt=request.prompt,
        duration=request.duration,
        seed=request.seed or 0,
        genre=request.genre,
        bpm=request.bpm,
        key=request.key,
        instrumental=request.instrumental,
        lyrics=request.lyrics,
        tags=request.tags,
    )


def notices_about(request: MusicRequest) -> tuple[str, ...]:
    """The notices of an order to a model."""
    return (HINTS,) if request.bpm is not None or request.key is not None else ()
