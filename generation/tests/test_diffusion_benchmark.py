"""The benchmark of the open models, at its smallest."""

import pytest

from benchmarks import diffusion_gpu
from benchmarks.diffusion_full_size import (
    full_ace_step,
    full_minimax_music,
    full_musicgen,
    full_stable_audio,
)
from benchmarks.roofline import Load, Peaks, counted
from generation.tests.tiny_models import TINY_MODELS

pytestmark = pytest.mark.torch
META = "meta"


def test_it_says_how_fast_each_model_is_and_what_limits_it(capsys):
    import torch

    torch.set_num_threads(1)
    diffusion_gpu.main(["--device", "cpu", "--songs", "2", "--seconds", "1", "--rounds", "1"])
    caution, title, heading, *rest = capsys.readouterr().out.splitlines()
    assert "nothing about how fast" in caution
    assert title.startswith("1 s of music on this CPU")
    built, lines = rest[::2], rest[1::2]
    assert [line.split(": ")[0] for line in built] == [TINY_MODELS[line.split()[0]].title for line in lines]
    assert [line.split()[:2] for line in lines] == [
        [family, "2"] for family in ("ace_step", "minimax_music", "musicgen", "stable_audio")
    ]
    for line in lines:
        numbers = dict(zip(heading.split(), line.split(), strict=True))
        assert float(numbers["music/s"]) > 0
        # The distilled models take eight steps, MusicGen fifty a second and a few for the lag of its codebooks,
        # MiniMax Music 3 for each song one for the text and 26 for a second.
        steps = {"minimax_music": {2 * 27}, "musicgen": {53, 54, 55}}
        assert int(numbers["steps"]) in steps.get(line.split()[0], {8})


def test_a_load_is_counted():
    import torch

    layer = torch.nn.Linear(10, 20, bias=False)
    with counted(layer) as load, torch.no_grad():
        for _ in range(3):
            layer(torch.ones(5, 10))
    assert load == Load(flops=3 * 2 * 5 * 10 * 20, steps=3, parameter_bytes=10 * 20 * 4)


def test_the_floor_is_what_takes_longer():
    load = Load(flops=100.0, steps=10, parameter_bytes=30)
    assert load.floor(Peaks(flops=10.0, bandwidth=100.0)) == (10.0, "compute")
    assert load.floor(Peaks(flops=100.0, bandwidth=100.0)) == (3.0, "bandwidth")


@pytest.mark.parametrize(
    ("billions", "stepping"),
    [
        (4.2, lambda dtype: full_ace_step(META, dtype)["transformer"]),
        (1.45, lambda dtype: full_stable_audio(META, dtype)["transformer"]),
        (1.8, lambda dtype: full_musicgen(META, dtype).decoder),
        (8.6, lambda dtype: full_minimax_music(META, dtype)["language_model"]),
        (2.4, lambda dtype: full_minimax_music(META, dtype)["transformer"]),
        (0.64, lambda dtype: full_minimax_music(META, dtype)["rvq_depth_decoder"]),
    ],
)
def test_full_size_is_as_large_as_what_is_published(billions, stepping):
    import torch

    module = stepping(torch.bfloat16)
    assert sum(each.numel() for each in module.parameters()) / 1e9 == pytest.approx(billions, abs=0.05)
    assert {each.dtype for each in module.parameters()} == {torch.bfloat16}


def test_stable_audio_decodes_with_the_decoder_of_medium_and_not_of_small():
    import torch

    decoder = full_stable_audio(META, torch.bfloat16)["vae"]
    assert sum(each.numel() for each in decoder.parameters()) / 1e6 == pytest.approx(852, abs=1)
