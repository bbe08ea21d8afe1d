"""At which place of 24 keys a listener would put the one that was written."""

from generation.audio.types import Audio
from generation.composer.theory import family, key_name
from generation.diffusion.key import LIKE_ENOUGH, key_likeness


def key_rank(audio: Audio, tonic: int, mode: str) -> int:
    """1 where the key is the likeliest, 24 where nothing has a key; modes count by their third."""
    likeness = key_likeness(audio)
    if likeness is None or max(likeness.values()) < LIKE_ENOUGH:
        return 24
    ranked = sorted(likeness, key=lambda name: -likeness[name])
    return ranked.index(key_name(tonic, family(mode))) + 1
