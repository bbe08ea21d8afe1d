"""How many of a song's words are sung, where faster-whisper is installed to hear them."""

import logging
import os
import re
from difflib import SequenceMatcher
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from generation.audio.resample import resample
from generation.diffusion.languages import UNKNOWN, language_of

if TYPE_CHECKING:
    from generation.audio.types import Audio

logger = logging.getLogger(__name__)
HEARING_HZ: Final = 16_000
MODEL: Final = os.environ.get("WHISPER_MODEL", "small")
_TAG: Final = re.compile(r"\[[^\[\]]*\]")
# Scripts without spaces between words are compared by their characters.
_WORD: Final = re.compile(
    r"[\u3040-\u30ff\u4e00-\u9fff\u0e00-\u0e7f]|[^\W_\u3040-\u30ff\u4e00-\u9fff\u0e00-\u0e7f]+(?:['’][^\W_]+)*"
)


def words_of(lyrics: str) -> list[str]:
    """The words that are to be sung, without tags such as "[verse]", in lower case."""
    return [word.replace("’", "'") for word in _WORD.findall(_TAG.sub(" ", lyrics).lower())]


def share_sung(lyrics: str, heard: str) -> float:
    """The part of the words that are heard in their order, 0 to 1."""
    wanted, sung = words_of(lyrics), words_of(heard)
    if not wanted:
        return 1.0
    matching = SequenceMatcher(None, wanted, sung, autojunk=False).get_matching_blocks()
    return sum(block.size for block in matching) / len(wanted)


def heard(audio: "Audio", lyrics: str) -> str | None:
    """What a listener makes out of the singing; None where faster-whisper is not installed, has no model or fails."""
    hearing = listener()
    if hearing is None:
        return None
    language = language_of(lyrics)
    samples = resample(audio, HEARING_HZ).samples.mean(axis=0)
    try:
        segments, _ = hearing.transcribe(samples, language=None if language == UNKNOWN else language)
        return " ".join(segment.text for segment in segments)
    except RuntimeError:  # no memory beside the model, for one
        logger.warning("The words of a song could not be heard", exc_info=True)
        return None


@lru_cache(maxsize=1)
def listener() -> Any:
    """The model that hears words, downloaded where it is not there yet; None without faster-whisper or its weights."""
    if find_spec("faster_whisper") is None:
        return None
    whisper: Any = import_module("faster_whisper")

    try:
        return whisper.WhisperModel(MODEL, download_root=os.environ.get("WHISPER_CACHE"))
    except Exception:  # of many kinds: no network, no such model, no memory
        logger.warning("The words of songs cannot be heard: faster-whisper has no model", exc_info=True)
        return None
