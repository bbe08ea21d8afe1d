"""A GPU that comes after loading: what a process remembers of the time before, and what waking says where none came."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.loading import wake
from generation.tests.tiny_models import TINY_ACE_STEP, download_tiny
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

folder, folder_with_planner, gpu = map(Path, sys.argv[1:])
counted = lru_cache(lambda: int(gpu.exists()))
for asked in (torch.cuda, torch.accelerator):
    asked.device_count = counted
    asked.is_available = lambda: counted() > 0

from generation.diffusion.loading import load
from generation.tests.tiny_models import TINY_ACE_STEP, TINY_MODELS

for model in TINY_MODELS.values():
    load(model, cache_dir=folder, device="cpu", later="cuda")
planned = load(TINY_ACE_STEP, cache_dir=folder_with_planner, device="cpu", later="cuda", planner=True)
assert planned.revision.count("+") == 2, "it was loaded without its planner"
gpu.touch()
print("found" if torch.cuda.is_available() and torch.accelerator.is_available() else "not found")
"""


@pytest.mark.thorough
def test_a_gpu_that_comes_after_loading_is_found(tiny_cache, tmp_path):
    download_tiny(TINY_ACE_STEP, tmp_path)
    download_tiny_planner(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WOKEN, str(tiny_cache), str(tmp_path), str(tmp_path / "gpu")],
        cwd=PROJECT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "found", done.stderr


def test_waking_where_no_gpu_came_says_so_and_moves_nothing(tiny_runner):
    with pytest.raises(ModelUnavailable, match="finds 0 GPUs that it can use"):
        wake(tiny_runner("musicgen"), "cuda")
    assert {parameter.device.type for parameter in tiny_runner("musicgen")._music.parameters()} == {"cpu"}
