"""What the web process pays for importing the audio room."""

import subprocess
import sys

import pytest


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}; import sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["formats", "peaks"])
def test_formats_and_peaks_do_without_numpy(module):
    assert "numpy" not in loaded_by(f"import generation.audio.{module}")


def test_no_module_loads_a_heavy_library_before_it_is_needed():
    modules = "blocks decode encode formats limiter loudness master measure mp3 peaks resample types"
    loaded = loaded_by("import " + ", ".join(f"generation.audio.{name}" for name in modules.split()))
    assert "numpy" in loaded
    assert not loaded & {"scipy", "soundfile", "lameenc", "django"}
