"""docs/modal.md as a person follows it: each command typed at a shell, with Modal and Hugging Face on this machine."""

import re
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import soundfile

from generation.diffusion.catalog import ACE_STEP, STABLE_AUDIO, Model
from generation.diffusion.weights import find
from generation.tests.modal_containers import PROJECT, container
from generation.tests.modal_guide import Person, guide_command, guide_commands, person
from generation.tests.modal_server import running
from generation.tests.modal_workspace import RATES, WorkspaceServer
from generation.tests.model_hub import Hub, model_hub
from generation.tests.tiny_models import COMMIT, download_tiny
from generation.tests.tiny_planner import download_tiny_planner

pytestmark = [pytest.mark.torch, pytest.mark.long]
APP = "generation/engines/modal_app.py"
TYPED = (
    "modal setup",
    "modal token new",
    "modal run ",
    "MODAL_REVISION=… modal deploy ",
    "python manage.py check_engine modal",
    "python manage.py generate ",
    "modal secret create ",
    "python manage.py download_model stable-audio",
    "FOLDER=",
    "python DIFFUSERS/",
    "modal volume put ",
    "modal billing rates",
    "modal app logs ",
    "export DIFFUSION_MODEL=",
    "python manage.py download_model",
    "python manage.py check_engine diffusion",
)
# By test_diffusion_benchmark.py, and by the Makefile's way to the tests.
TYPED_ELSEWHERE = (
    "make bench-diffusion",
    "pip install -r requirements.txt",
    "pip install -r requirements-gpu.txt",
)
# Of diffusers' repository, which no package contains: with the options of the script, and its layout at the end.
CONVERT = """
import argparse, pathlib, shutil
parser = argparse.ArgumentParser()
for name in ("checkpoint_path", "model_config_path", "output_dir"):
    parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
given = parser.parse_args()
assert given.checkpoint_path.read_bytes() and given.model_config_path.read_bytes()
shutil.copytree(CONVERTED, given.output_dir)
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WorkspaceServer]:
    """A Modal in which nothing has been done yet."""
    server = WorkspaceServer(tmp_path / "volumes")
    with running(server):
        yield server


@pytest.fixture
def alice(cloud: WorkspaceServer, tmp_path: Path) -> Person:
    return person(tmp_path / "alice", MODAL_SERVER_URL=cloud.url)


@pytest.fixture(scope="module")
def ace_step(tmp_path_factory) -> Iterator[Hub]:
    """A hub with ACE-Step and its planner. Their files have different names: it gives all of them for each."""
    folder = tmp_path_factory.mktemp("published")
    download_tiny(ACE_STEP, folder)
    download_tiny_planner(folder)
    files: dict[str, bytes] = {}
    for snapshot in folder.glob(f"models--*/snapshots/{COMMIT}"):
        files |= _files(snapshot)
    assert ACE_STEP.planner is not None
    also = {part.repo for part in ACE_STEP.planner.parts}
    with model_hub(Hub(ACE_STEP.repo, COMMIT, files, also=also)) as hub:
        yield hub


def test_each_command_of_the_guide_is_typed_here_or_elsewhere():
    commands = guide_commands()
    assert [each for each in commands if not each.startswith((*TYPED, *TYPED_ELSEWHERE))] == []
    assert all(any(each.startswith(beginning) for each in commands) for beginning in TYPED)


def test_its_table_has_each_variable_that_the_app_reads_and_its_default():
    source = (PROJECT / APP).read_text("utf-8")
    guide = (PROJECT / "docs/modal.md").read_text("utf-8")
    table = guide.partition("| variable | default |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in table.splitlines()[2:]]
    defaults = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}
    # The one is set in containers alone, the other is read by Modal's client.
    read = set(re.findall(r'environ\.get\("(\w+)"', source)) - {"MODELS_DIR"} | {"MODAL_ENVIRONMENT"}
    assert set(defaults) == read
    for name, default in re.findall(r'environ\.get\("(MODAL_\w+|WHISPER\w+)", "(\w+)"\)', source):
        assert defaults[name] == f"`{default}`"


@pytest.mark.thorough
def test_from_no_account_to_a_song(cloud, alice, ace_step, tmp_path):
    alice.types(guide_command("modal setup"))
    token = _token(alice)
    said = _downloaded(cloud, alice, tmp_path / "download", ace_step)
    [deploy] = [line.partition(": ")[2] for line in said.splitlines() if line.startswith("To run it: ")]
    revision = "+".join([COMMIT] * 3)
    assert deploy == guide_command("MODAL_REVISION=… modal deploy ").replace("…", revision)
    alice.types(deploy)
    assert cloud.script.deployed == {"musicgen"}
    volume = str(cloud.service.volumes / "musicgen-models")
    alice.types("python manage.py migrate")
    with (
        container(cloud, "health", tmp_path / "health", MODELS_DIR=volume),
        container(cloud, "Generator.*", tmp_path / "songs", MODELS_DIR=volume, MODAL_GPU="") as songs,
    ):
        examined = alice.types(guide_command("python manage.py check_engine modal"), **token)
        alice.types(guide_command("python manage.py generate "), **token)
        cloud.service.log = songs.log
        assert "Loading pipeline components" in alice.types(guide_command("modal app logs "))
    assert f"{ACE_STEP.name} at {revision}" in examined
    assert soundfile.info(alice.folder / "ballad.wav").duration == 60.0


def test_a_token_can_be_had_anew(cloud, alice):
    alice.types(guide_command("modal token new"))
    assert _token(alice) == {"MODAL_TOKEN_ID": "ak-test", "MODAL_TOKEN_SECRET": "as-test"}


def test_todays_prices_are_printed(cloud, alice):
    alice.types(guide_command("modal setup"))
    assert RATES in alice.types(guide_command("modal billing rates"))


@pytest.mark.thorough
def test_stable_audio_comes_into_the_volume_after_its_licence_was_accepted(cloud, alice, tmp_path):
    """The script that converts is another: the real one cannot be had with a package."""
    files = {"model.safetensors": b"weights", "model_config.json": b"{}"}
    with model_hub(Hub(STABLE_AUDIO.repo, COMMIT, files, gated=True, token="hf_alice")) as hub:
        alice.types(guide_command("modal setup"))
        alice.types(guide_command("modal secret create ").replace("hf_…", "hf_alice"))
        wanted = {"MODAL_MODEL": STABLE_AUDIO.name, "MODAL_HF_SECRET": "huggingface"}
        said = _downloaded(cloud, alice, tmp_path, hub, **wanted)
        assert f"To run it: MODAL_MODEL={STABLE_AUDIO.name} MODAL_REVISION={COMMIT} modal deploy" in said
        _convertible(alice, tmp_path)
        block = [
            guide_command(beginning).replace("COMMIT", COMMIT)
            for beginning in (
                "python manage.py download_model stable-audio",
                "FOLDER=",
                "python DIFFUSERS/",
                "modal volume put ",
            )
        ]
        alice.types("\n".join(block), HF_TOKEN="hf_alice", HF_ENDPOINT=hub.endpoint)
    volume = cloud.service.volumes / "musicgen-models"
    assert find(STABLE_AUDIO, cache_dir=volume) == (volume / "converted" / COMMIT, COMMIT)


@pytest.mark.thorough
def test_a_song_on_a_gpu_of_ones_own(alice, ace_step):
    lines = [
        guide_command("export DIFFUSION_MODEL="),
        "python manage.py download_model",
        guide_command("python manage.py check_engine diffusion"),
    ]
    assert lines[1] in guide_commands()
    said = alice.types("\n".join(lines), HF_ENDPOINT=ace_step.endpoint)
    assert "10 s of music at 48000 Hz" in said
    assert "HTTP Request" not in said


def _downloaded(cloud: WorkspaceServer, alice: Person, folder: Path, hub: Hub, **variables: str) -> str:
    """What step 3 says, while its function runs in a container that can reach the hub."""
    folder.mkdir(exist_ok=True)
    cloud.service.log = folder / "log"
    secret = cloud.service.secrets.get(variables.get("MODAL_HF_SECRET", ""), {})
    volume = str(cloud.service.volumes / "musicgen-models")
    with ThreadPoolExecutor() as pool:
        typed = pool.submit(alice.types, guide_command("modal run "), **variables)
        while "download" not in cloud.service.functions and not typed.done():
            time.sleep(0.1)
        with container(
            cloud, "download", folder, MODELS_DIR=volume, HF_ENDPOINT=hub.endpoint, **secret
        ) as it:
            it.until(typed.done)
    return typed.result()


def _convertible(alice: Person, folder: Path) -> None:
    """A stand-in for the script of diffusers' repository, which gives a tiny model in the layout of diffusers."""
    download_tiny(STABLE_AUDIO, folder / "converted")
    converted = folder / "converted" / _repository(STABLE_AUDIO) / "snapshots" / COMMIT
    script = alice.folder / "DIFFUSERS/scripts/convert_stable_audio_3_to_diffusers.py"
    script.parent.mkdir(parents=True)
    script.write_text(f"CONVERTED = {str(converted)!r}\n{CONVERT}")


def _token(alice: Person) -> dict[str, str]:
    """The variables that the site wants, as the guide says where to take them from."""
    [profile] = tomllib.loads((alice.home / ".modal.toml").read_text()).values()
    return {"MODAL_TOKEN_ID": profile["token_id"], "MODAL_TOKEN_SECRET": profile["token_secret"]}


def _repository(model: Model) -> str:
    return f"models--{model.repo.replace('/', '--')}"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
