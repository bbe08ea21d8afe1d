"""Open models as engines see them: what each can do, an order in its words, and what its errors mean."""

from generation.composer.genre.catalog import GENRES
from generation.composer.theory import KEY_NAMES
from generation.diffusion.catalog import Model
from generation.diffusion.songs import SongRequest
from generation.engines.capabilities import Capabilities
from generation.engines.request import MAX_TAKES, MusicRequest

SOUND_ALONE = (
    "Without a wish for tempo, key or words, the best take is chosen by its sound alone: by how little of it is noise, "
    "silence or cut off."
)
HINTS = "Tempo and key are hints to this model. What came out is measured and shown beside them."


def capabilities_of(model: Model) -> Capabilities:
    """What may be asked of a model."""
    return Capabilities(
        title=model.title,
        description="An open AI model on a GPU.",
        min_duration=model.min_duration,
        max_duration=model.max_duration,
        genres=tuple(GENRES),
        keys=KEY_NAMES,
        max_takes=MAX_TAKES,
        honours=model.honours,
        model=model.repo,
        licence=model.licence,
        licence_url=model.licence_url,
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
        takes=request.takes,
    )


def notices_about(request: MusicRequest) -> tuple[str, ...]:
    """The notices of an order to a model."""
    hints = request.bpm is not None or request.key is not None
    notices = [HINTS] if hints else []
    if request.takes > 1 and not hints and not request.lyrics:
        notices.append(SOUND_ALONE)
    return tuple(notices)
