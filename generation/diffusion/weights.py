"""The files of the models: downloaded once into a Hugging Face cache, and found there again."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from generation.diffusion.catalog import Model, Part
from generation.diffusion.errors import LicenceNotAccepted, ModelUnavailable, NotConverted, NotDownloaded

# The same weights again in older formats, for other frameworks, or (MiniMax Music 3) in the publisher's own layout.
_LEFT_OUT: Final = ["*.bin", "*.ckpt", "*.pt", "*.pth", "*.h5", "*.msgpack", "*.onnx", "qwen_7B/*"]

_BY_DIFFUSERS: Final = {"ace_step", "stable_audio"}
_PIPELINE: Final = "model_index.json"


@dataclass(frozen=True, slots=True)
class PlannerFiles:
    """The folders of a downloaded planner, and the commits of both, joined by "+"."""

    writer: Path
    codes: Path
    revision: str


def download(model: Model, *, cache_dir: Path, revision: str | None = None, planner: bool = False) -> str:
    """Download a model, if it is not there yet, and return the commit that was got: `revision` for `load`.

    `revision` is a commit, branch or tag; the catalogue's without one. From then on `load` without a revision
    loads exactly this commit. With `planner` what plans its songs is downloaded too, where it has one; its commits
    follow that of the model after "+", here as in what is returned.
    Raises ModelUnavailable: LicenceNotAccepted where the licence stands before it.
    """
    parts = model.planner.parts if planner and model.planner is not None else ()
    wanted, *planned = (revision or "").split("+")
    commits = [_downloaded_now(model, wanted or model.revision, cache_dir)]
    for part, commit in zip_longest(parts, planned[: len(parts)]):
        commits.append(_downloaded_now(part, commit or part.revision, cache_dir))
    return "+".join(commits)


def _downloaded_now(model: Model | Part, revision: str, cache_dir: Path) -> str:
    folder = _snapshot(model, revision, cache_dir, local_files_only=False)
    note = _note(model, cache_dir)
    note.parent.mkdir(parents=True, exist_ok=True)
    written = note.with_suffix(".new")
    written.write_text(folder.name + "\n")
    written.replace(note)
    return folder.name


def find(model: Model, *, cache_dir: Path, revision: str | None = None) -> tuple[Path, str]:
    """The folder of a downloaded model and its commit: the one last downloaded, or of `revision`.

    A model that was converted to the layout of diffusers lies in `converted/COMMIT` of the cache and is found
    there. Raises NotDownloaded, and NotConverted where it has to be.
    """
    wanted = (revision or "").partition("+")[0] or downloaded(model, cache_dir=cache_dir)
    if wanted is None:
        raise NotDownloaded(f"{model.title} has not been downloaded to {cache_dir}. Download it first.")
    converted = cache_dir / "converted"
    if (converted / wanted / _PIPELINE).exists():
        return converted / wanted, wanted
    folder = _snapshot(model, wanted, cache_dir, local_files_only=True)
    if model.family in _BY_DIFFUSERS and not (folder / _PIPELINE).exists():
        raise NotConverted(
            f"{model.title} is not published in the layout that diffusers loads and has to be converted once, by "
            "scripts/convert_stable_audio_3_to_diffusers.py of the diffusers repository: --checkpoint_path "
            f"{folder}/model.safetensors --model_config_path {folder}/model_config.json --output_dir "
            f"{converted / folder.name}"
        )
    return folder, folder.name


def find_planner(model: Model, *, cache_dir: Path, revision: str | None = None) -> PlannerFiles | None:
    """What plans the songs of a model; None where it has none or none was downloaded.

    As last downloaded, or of the commits that `revision` names after that of the model. Raises ModelUnavailable:
    NotDownloaded where only a part is there.
    """
    wanted = (revision or "").partition("+")[2] or planner_downloaded(model, cache_dir=cache_dir)
    if model.planner is None or wanted is None:
        return None
    commits = wanted.split("+")
    if len(commits) != len(model.planner.parts) or not all(commits):
        raise ModelUnavailable(
            f"“{revision}” is no revision of {model.title} with its planner: that is three commits, joined by “+”."
        )
    writer, codes = (
        _snapshot(part, commit, cache_dir, local_files_only=True)
        for part, commit in zip(model.planner.parts, commits, strict=True)
    )
    return PlannerFiles(writer, codes, wanted)


def loadable(
    model: Model, *, cache_dir: Path, revision: str | None = None, planner: bool = False
) -> str | None:
    """What would be loaded: the commits of the model and of its planner, joined by "+"; None: they are not there."""
    try:
        _, commit = find(model, cache_dir=cache_dir, revision=revision)
        planned = find_planner(model, cache_dir=cache_dir, revision=revision) if planner else None
    except ModelUnavailable:
        return None
    return commit if planned is None else f"{commit}+{planned.revision}"


def planner_downloaded(model: Model, *, cache_dir: Path) -> str | None:
    """The commits of the planner that were last downloaded, joined by "+", or None."""
    if model.planner is None:
        return None
    commits = [downloaded(part, cache_dir=cache_dir) for part in model.planner.parts]
    return None if None in commits else "+".join(commit for commit in commits if commit)


def downloaded(model: Model | Part, *, cache_dir: Path) -> str | None:
    """The commit that was last downloaded, or None."""
    note = _note(model, cache_dir)
    return note.read_text().strip() if note.exists() else None


def _note(model: Model | Part, cache_dir: Path) -> Path:
    return cache_dir / "downloaded" / model.name


def _snapshot(model: Model | Part, revision: str, cache_dir: Path, *, local_files_only: bool) -> Path:
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as error:
        raise ModelUnavailable(f"{model.title} needs what requirements-gpu.txt lists: {error}.") from error

    page = f"https://huggingface.co/{model.repo}"
    try:
        folder: Any = snapshot_download(
            model.repo,
            revision=revision,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
            allow_patterns=(list(model.files) or None) if isinstance(model, Part) else None,
            ignore_patterns=_LEFT_OUT,
        )
    except errors.GatedRepoError as error:
        raise LicenceNotAccepted(
            f"{model.title} is given only to those who have accepted its licence ({model.licence}). Accept it at "
            f"{page}, make a token for reading at https://huggingface.co/settings/tokens, and set HF_TOKEN to it."
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise ModelUnavailable(f"There is no {revision} of {model.title} at {page}.") from error
    except (errors.LocalEntryNotFoundError, errors.IncompleteSnapshotError) as error:
        if local_files_only:
            raise NotDownloaded(
                f"Revision {revision} of {model.title} is not in {cache_dir}, or only a part of it. Download it."
            ) from error
        raise ModelUnavailable(f"{model.title} cannot be downloaded from {page}: {error}") from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise ModelUnavailable(f"{model.title} cannot be downloaded from {page}: {error}") from error
    return Path(folder)
