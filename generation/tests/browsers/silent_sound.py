"""A sound card that nobody hears, of PulseAudio: without one Firefox plays nothing at all."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .driver import until


@contextmanager
def silent_sound(folder: Path) -> Iterator[dict[str, str]]:
    """Run it with its files in `folder`; the variables with which programs find it."""
    assert shutil.which("pulseaudio"), (
        "There is no PulseAudio here. On Debian: apt install pulseaudio (.ci/browsers does it)."
    )
    folder.mkdir(parents=True)
    socket, log = folder / "socket", folder / "pulseaudio.log"
    options = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes")
    modules = ("module-null-sink", f"module-native-protocol-unix auth-anonymous=1 socket={socket}")
    home = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"), str(folder))
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["pulseaudio", *options, *(f"--load={module}" for module in modules)],
            env={**os.environ, **home},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or socket.exists(), "PulseAudio answers")
        assert process.poll() is None, f"PulseAudio did not start:\n{log.read_text(errors='replace')}"
        yield {"PULSE_SERVER": f"unix:{socket}"}
    finally:
        process.terminate()
        process.wait(20)
