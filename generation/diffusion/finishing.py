"""Masters and measures a song and encodes it as FLAC: the last step on the GPU side."""

from io import BytesIO
from typing import TYPE_CHECKING

from generation.diffusion.songs import Finished

if TYPE_CHECKING:
    from generation.audio.types import Audio


def finish(audio: "Audio") -> Finished:
    """The audio at −14 LUFS under −1 dBTP as FLAC of 24 bits, with what was measured of it.

    Raises ValueError for samples that are not finite, for none, and for more than two channels.
    """
    from generation.audio.loudness import integrated_loudness, true_peak
    from generation.audio.master import master
    from generation.diffusion.key import measure_key
    from generation.diffusion.tempo import measure_bpm

    mastered = master(audio)
    return Finished(
        flac=_flac(mastered),
        duration=mastered.duration,
        sample_rate=mastered.sample_rate,
        loudness=integrated_loudness(mastered),
        true_peak=true_peak(mastered),
        bpm=measure_bpm(mastered),
        key=measure_key(mastered),
    )


def _flac(audio: "Audio") -> bytes:
    import soundfile

    file = BytesIO()
    soundfile.write(file, audio.samples.T, audio.sample_rate, format="FLAC", subtype="PCM_24")
    return file.getvalue()
