"""What whoever asks for music pays for importing this room."""

from django.conf import settings

from generation.tests.test_audio_imports import loaded_by


def test_what_the_site_needs_to_know_loads_neither_numpy_nor_torch():
    loaded = loaded_by(
        "import generation.diffusion.catalog, generation.diffusion.songs, generation.diffusion.errors"
    )
    assert not loaded & {"numpy", "torch", "django"}


def test_the_door_to_the_models_loads_no_torch_before_a_model_is_loaded():
    loaded = loaded_by("import generation.diffusion.loading, generation.diffusion.finishing")
    assert not loaded & {"torch", "transformers", "diffusers", "huggingface_hub", "scipy", "django"}


def test_the_site_and_the_gpu_side_run_the_same_versions():
    site, gpu = (pins(name) for name in ("requirements.txt", "requirements-gpu.txt"))
    assert {"numpy", "scipy", "soundfile"} <= site.keys() & gpu.keys()
    assert {name: site[name] for name in gpu if name in site} == {
        name: gpu[name] for name in gpu if name in site
    }


def pins(name: str) -> dict[str, str]:
    lines = (settings.BASE_DIR / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))
