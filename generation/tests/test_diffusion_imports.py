"""What importing the diffusion room loads."""

import re
import sys

import pytest
from django.conf import settings

from generation.diffusion.catalog import ACE_STEP
from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.loading import load
from generation.tests.test_audio_imports import loaded_by


def test_what_the_site_needs_to_know_loads_neither_numpy_nor_torch():
    loaded = loaded_by(
        "import generation.diffusion.catalog, generation.diffusion.songs, generation.diffusion.errors"
    )
    assert not loaded & {"numpy", "torch", "django"}


def test_no_torch_is_loaded_before_a_model_is():
    loaded = loaded_by("import generation.diffusion.loading, generation.diffusion.flac")
    assert not loaded & {"torch", "transformers", "diffusers", "huggingface_hub", "scipy", "django"}


def test_without_its_libraries_a_model_names_the_requirements(tmp_path, monkeypatch):
    folder = tmp_path / "converted" / "rev"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "generation.diffusion.models.ace_step", None)
    with pytest.raises(ModelUnavailable, match=r"ACE-Step .* needs what requirements-gpu.txt lists"):
        load(ACE_STEP, cache_dir=tmp_path, device="cpu", revision="rev")


def test_the_site_and_the_gpu_side_run_the_same_versions():
    site, gpu = (pins(name) for name in ("requirements.txt", "requirements-gpu.txt"))
    assert {"numpy", "scipy", "soundfile"} <= site.keys() & gpu.keys()
    assert {name: site[name] for name in gpu if name in site} == {
        name: gpu[name] for name in gpu if name in site
    }


def pins(name: str) -> dict[str, str]:
    pinned = re.findall(r"^([\w.-]+)==(\S+)", (settings.BASE_DIR / name).read_text(), re.MULTILINE)
    return dict(pinned)
