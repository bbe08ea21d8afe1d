"""The benchmark of the open models, at its smallest."""

import json

import pytest

from benchmarks import diffusion_gpu
from benchmarks.diffusion_full_size import (
    full_ace_step,
    full_minimax_music,
    full_musicgen,
    full_stable_audio,
)
from benchmarks.diffusion_parts import PARTS
from benchmarks.roofline import Load, Peaks, counted
from generation.tests.tiny_models import TINY_MODELS

pytestmark = pytest.mark.torch
META = "meta"


@pytest.mark.thorough
def test_every_part_measures_and_says_so(tmp_path, capsys):
    import torch

    torch.set_num_threads(1)
    out = tmp_path / "figures"
    assert diffusion_gpu.main(["--tiny", "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == lines
    assert not [line for line in lines if "failed" in line and line["what"] not in ("attention", "done")]
    assert {line["what"] for line in lines} >= {f"{part}, in all" for part in PARTS}
    said = {line["what"]: line for line in lines}
    assert said["tiny"]["note"].endswith("nothing about how fast music is made")
    assert said["seeds"]["again_is_equal"]
    assert said["seeds"]["alone_against_batch_snr_db"] > 60
    assert said["song"]["music_per_s"] > 0
    assert said["out of memory"]["made"] == 2
    families = [line["family"] for line in lines if line["what"] == "against the plain call"]
    assert families == sorted(TINY_MODELS)


def test_a_part_that_fails_is_said_and_leaves_the_others_alone(monkeypatch, capsys):
    def failing(bench):
        raise RuntimeError("no such thing")

    monkeypatch.setitem(PARTS, "device", (1.0, failing))
    assert diffusion_gpu.main(["--tiny", "--parts", "device", "right"]) == 1
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"RuntimeError: no such thing"} == {line["failed"] for line in said if line["what"] == "device"}
    assert "seeds" in {line["what"] for line in said}


def test_where_no_time_is_left_no_part_is_begun():
    said: list[str] = []
    report = diffusion_gpu.Report([], seconds=10.0)
    report.measure("long", 11.0, lambda: said.append("long"))
    report.measure("short", 1.0, lambda: said.append("short"))
    assert said == ["short"]


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
