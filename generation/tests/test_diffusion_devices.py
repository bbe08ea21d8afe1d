"""A GPU that comes after loading: what a process remembers of the time before, and what waking says where none came."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.loading import wake
from generation.tests.tiny_models import TINY_ACE_STEP, TINY_MODELS, download_tiny
from generation.tests.tiny_planner import download_tiny_planner

pytestmark = pytest.mark.torch
PROJECT = Path(__file__).parents[2]
# A CUDA build of torch asks the driver once and remembers the answer for the life of the process. The build for
# processors asks nobody, so its answers are put in the place of the driver's.
WOKEN = """
import sys
from functools import lru_cache
from pathlib import Path
import torch

folder, family, gpu = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
counted = lru_cache(lambda: int(gpu.exists()))
for asked in (torch.cuda, torch.accelerator):
    asked.device_count = counted
    asked.is_available = lambda: counted() > 0

from generation.diffusion.loading import load
from generation.tests.tiny_models import TINY_MODELS

runner = load(TINY_MODELS[family], cache_dir=folder, device="cpu", later="cuda", planner=True)
assert runner.revision.count("+") == int(sys.argv[4])
gpu.touch()
print("found" if torch.cuda.is_available() and torch.accelerator.is_available() else "not found")
"""


def woken(cache_dir: Path, family: str, gpu: Path, planners: int) -> "subprocess.CompletedProcess[str]":
    """What a process says of a GPU that comes after it has loaded a model, and so many parts of its planner."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WOKEN, str(cache_dir), family, str(gpu), str(planners)],
        cwd=PROJECT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("family", sorted(TINY_MODELS))
def test_a_gpu_that_comes_after_loading_is_found(tiny_cache, tmp_path, family):
    done = woken(tiny_cache, family, tmp_path / "gpu", planners=0)
    assert done.stdout.strip() == "found", done.stderr


def test_a_gpu_that_comes_after_loading_the_planner_too_is_found(tmp_path):
    download_tiny(TINY_ACE_STEP, tmp_path)
    download_tiny_planner(tmp_path)
    done = woken(tmp_path, "ace_step", tmp_path / "gpu", planners=2)
    assert done.stdout.strip() == "found", done.stderr


def test_waking_where_no_gpu_came_says_so_and_moves_nothing(tiny_runner):
    with pytest.raises(ModelUnavailable, match="finds 0 GPUs that it can use"):
        wake(tiny_runner("musicgen"), "cuda")
    assert {parameter.device.type for parameter in tiny_runner("musicgen")._music.parameters()} == {"cpu"}
