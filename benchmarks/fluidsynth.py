"""FluidSynth, the program, as what the composer is measured against."""

import resource
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

BANKS = (
    Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3"),
    Path("/usr/share/sounds/sf3/default-GM.sf3"),
)
CUTS = Path(__file__).parent.parent / "generation" / "composer" / "soundbank"


class MissingFluidSynth(RuntimeError):
    """It is not on this machine; the message says how it comes there."""


class FluidSynth:
    """Plays MIDI files into WAV files in `folder`, as fast as it can, each time in a new process.

    `bank` is the SoundFont; without one it is the bank that ours was cut from, where Debian has put it, or else our
    cuts, which lack what we synthesise. Raises MissingFluidSynth.
    """

    def __init__(self, bank: Path | None, folder: Path, sample_rate: int) -> None:
        program = shutil.which("fluidsynth")
        if not program:
            raise MissingFluidSynth(
                "FluidSynth is not installed (on Debian and Ubuntu: apt install fluidsynth fluidr3mono-gm-soundfont)."
            )
        found = bank or next((path for path in BANKS if path.exists()), None)
        self._banks = [found] if found else sorted(CUTS.glob("*.sf3"))
        self.bank = str(found) if found else "our own cuts of FluidR3Mono, without what we synthesise"
        self.version = _run(program, "--version").splitlines()[0]
        self._program = program
        self._folder = folder
        self._sample_rate = sample_rate

    def seconds(self, midi: bytes) -> float:
        """Seconds of processor time from its start to a whole WAV file of these notes.

        It decodes only the recordings that the notes need, which is its quickest way.
        """
        notes, sound = self._folder / "notes.mid", self._folder / "sound.wav"
        notes.write_bytes(midi)
        options = ["-n", "-i", "-q", "-o", "synth.dynamic-sample-loading=1", "-r", str(self._sample_rate)]
        before = _of_children()
        _run(self._program, *options, "-F", str(sound), *map(str, self._banks), str(notes))
        seconds = _of_children() - before
        if sound.stat().st_size < self._sample_rate // 10:
            raise RuntimeError("FluidSynth wrote no sound.")
        sound.unlink()
        return seconds

    def loading(self) -> float:
        """The same for a file of a tenth of a second without a note: starting, reading the bank, ending."""
        return self.seconds(_silence())


def _silence() -> bytes:
    from mido import MetaMessage, MidiFile, MidiTrack

    written = BytesIO()
    MidiFile(tracks=[MidiTrack([MetaMessage("end_of_track", time=96)])], ticks_per_beat=480).save(
        file=written
    )
    return written.getvalue()


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
