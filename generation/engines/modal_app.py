"""What runs at Modal. From the project's folder:

    modal run generation/engines/modal_app.py::download     fills the volume with the model's weights
    modal deploy generation/engines/modal_app.py            puts the app there

The variables are read where these commands run; docs/modal.md explains them. Free of Django.
"""

import importlib.metadata
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import modal
import modal.experimental

from generation.diffusion.catalog import ACE_STEP, MODELS
from generation.engines import modal_commands, parcel

if TYPE_CHECKING:
    from generation.diffusion.runner import Runner
    from generation.engines.gpu_side import GpuSide

APP_NAME: Final = os.environ.get("MODAL_APP_NAME", modal_commands.APP_NAME)
MODEL: Final = MODELS[os.environ.get("MODAL_MODEL", ACE_STEP.name)]
# Without one the model runs on the container's processor, many times slower than the music lasts.
GPU: Final = os.environ.get("MODAL_GPU", "L40S")
# For FLAC, and for judging takes, while the GPU waits.
CPUS: Final = float(os.environ.get("MODAL_CPUS", "2"))
# The commit of the weights that runs. In the image, because a snapshot is made anew only where that changes.
REVISION: Final = os.environ.get("MODAL_REVISION", "")
MAX_CONTAINERS: Final = int(os.environ.get("MODAL_MAX_CONTAINERS", "5"))
SCALEDOWN_SECONDS: Final = int(os.environ.get("MODAL_SCALEDOWN_SECONDS", "60"))
MAX_BATCH: Final = int(os.environ.get("MODAL_MAX_BATCH", str(MODEL.max_batch)))
BATCH_WAIT_MS: Final = int(os.environ.get("MODAL_BATCH_WAIT_MS", "300"))
TIMEOUT_SECONDS: Final = int(os.environ.get("MODAL_TIMEOUT_SECONDS", str(MODEL.timeout_seconds)))
STARTUP_SECONDS: Final = int(os.environ.get("MODAL_STARTUP_SECONDS", "600"))
# The weights lie there until they are moved to the GPU.
MEMORY_MB: Final = int(os.environ.get("MODAL_MEMORY_MB", str(MODEL.memory_mb)))
PLANNER: Final = os.environ.get("MODAL_PLANNER", "on").lower() not in ("0", "false", "no", "off")
HF_SECRET: Final = os.environ.get("MODAL_HF_SECRET", "")

EXTRA_PACKAGES: Final = os.environ.get("MODAL_EXTRA_PACKAGES", "").split()
MODELS_DIR: Final = Path(os.environ.get("MODELS_DIR", "/models"))
LIBRARIES: Final = ("torch", "diffusers", "transformers")
ROOMS: Final = ("audio", "diffusion", "engines")


def _packages() -> list[str]:
    """What the image needs, in the versions that the project is tested with. In the image it is there already."""
    if not modal.is_local():
        return []
    lines = (Path(__file__).parents[2] / "requirements-gpu.txt").read_text().splitlines()
    return [*(line for line in lines if line and not line.startswith("#")), *EXTRA_PACKAGES]


def _is_left_out(path: Path) -> bool:
    """Whether a file of the package is of no use here: the site, its tests, what is not Python."""
    return path.suffix != ".py" or path.parts[0] not in (*ROOMS, "__init__.py")


# The variables too: what a container defines must be what was deployed.
image = (
    modal.Image.debian_slim(python_version="3.11")
    .pip_install(*_packages())
    .env(
        {
            "MODAL_APP_NAME": APP_NAME,
            "MODAL_MODEL": MODEL.name,
            "MODAL_GPU": GPU,
            "MODAL_REVISION": REVISION,
            "MODAL_MAX_BATCH": str(MAX_BATCH),
            "MODAL_PLANNER": "on" if PLANNER else "off",
            "MODAL_HF_SECRET": HF_SECRET,
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "WHISPER_MODEL": os.environ.get("WHISPER_MODEL", "small"),
            "WHISPER_CACHE": str(MODELS_DIR / "whisper"),
        }
    )
    .add_local_python_source("generation", ignore=_is_left_out)
)
volume = modal.Volume.from_name(f"{APP_NAME}-models", create_if_missing=True)
volumes: dict[str | PurePosixPath, Any] = {str(MODELS_DIR): volume}
progress = modal.Dict.from_name(f"{APP_NAME}-progress", create_if_missing=True)
app = modal.App(APP_NAME, image=image)


@app.function(volumes=volumes, timeout=3600, secrets=[modal.Secret.from_name(HF_SECRET)] if HF_SECRET else [])
def download() -> str:
    """Fill the volume with the model's weights, and return the commit that was got: that of MODAL_REVISION, if set."""
    from generation.diffusion import loading, sung_words

    sung_words.listener()  # downloads what hears words, where it is installed
    commit = loading.download(MODEL, cache_dir=MODELS_DIR, revision=REVISION or None, planner=PLANNER)
    if not modal.is_local():
        volume.commit()
    deploy = modal_commands.deploy_command(APP_NAME, MODEL.name, revision=commit, planner=PLANNER)
    print(
        f"{MODEL.title}, {MODEL.licence}: commit {commit} is in the volume {APP_NAME}-models.\nTo run it: {deploy}"
    )
    return commit


@app.function(volumes=volumes, timeout=120)
def health() -> dict[str, Any]:
    """What is deployed, without a GPU: versions, the model, the commits that are loaded, and those last downloaded.

    The commits are None where there are no such weights.
    """
    from generation.diffusion.weights import loadable

    return {
        "parcel": parcel.VERSION,
        "model": MODEL.name,
        "revision": loadable(MODEL, cache_dir=MODELS_DIR, revision=REVISION or None, planner=PLANNER),
        "downloaded": loadable(MODEL, cache_dir=MODELS_DIR, planner=PLANNER),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }


@app.cls(
    gpu=GPU or None,
    cpu=CPUS,
    memory=MEMORY_MB,
    volumes=volumes,
    enable_memory_snapshot=True,
    max_containers=MAX_CONTAINERS,
    scaledown_window=SCALEDOWN_SECONDS,
    timeout=TIMEOUT_SECONDS,
    startup_timeout=STARTUP_SECONDS,
    retries=0,  # the site tries again, and knows what that costs
)
class Generator:
    """One container with the model on its GPU."""

    _runner: "Runner"
    _side: "GpuSide"

    @modal.enter(snap=True)
    def load(self) -> None:
        """Read the weights, into what is kept of this container for those that start after it."""
        self._runner = _loaded()

    @modal.enter(snap=False)
    def wake(self) -> None:
        """Put the model on the GPU, which a snapshot knows nothing of. Raises ModelUnavailable where there is none.

        Weights that were downloaded after the snapshot was made are read anew, where no commit is pinned.
        """
        from generation.diffusion import loading
        from generation.diffusion.weights import loadable
        from generation.engines.gpu_side import GpuSide

        if (
            loadable(MODEL, cache_dir=MODELS_DIR, revision=REVISION or None, planner=PLANNER)
            != self._runner.revision
        ):
            self._runner = _loaded()
        if GPU:
            loading.wake(self._runner, "cuda")
        # What was asked for is what Modal charges, also where it gives a better one.
        self._side = GpuSide(self._runner, GPU or "CPU", _report_progress)

    @modal.batched(max_batch_size=MAX_BATCH, wait_ms=BATCH_WAIT_MS)
    def generate(self, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The packed answers to packed orders (`parcel`), which Modal has put together."""
        try:
            with _cancellation_ignored() if len(orders) > 1 else nullcontext():
                return self._side.answer(orders)
        except Exception:
            if not modal.is_local():  # after some errors of a GPU its process can do nothing more
                modal.experimental.stop_fetching_inputs()
            raise


def _loaded() -> "Runner":
    from generation.diffusion import loading

    return loading.load(
        MODEL,
        cache_dir=MODELS_DIR,
        device="cpu",
        later="cuda" if GPU else "cpu",
        revision=REVISION or None,
        max_batch=MAX_BATCH,
        planner=PLANNER,
    )


@contextmanager
def _cancellation_ignored() -> Iterator[None]:
    """Modal cancels by this signal, and for one song of a batch it would end all of them."""
    previous = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, previous)


def _report_progress(parts: dict[str, float | None]) -> None:
    known = {key: part for key, part in parts.items() if part is not None}
    if known:
        progress.update(known)
    for key in parts.keys() - known.keys():
        progress.pop(key, None)
