"""The app as Modal gets it: deployed by its own command, run from what was uploaded, asked by the site's engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from generation.diffusion.catalog import MUSICGEN
from generation.engines.base import EngineError, Music, Pending
from generation.engines.modal import ModalEngine, SongCall
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.tests.collecting import collected
from generation.tests.modal_cloud import CloudServer
from generation.tests.modal_containers import PROJECT, Container, container, modal_command
from generation.tests.modal_server import running
from generation.tests.modal_service import TOKEN_ID, TOKEN_SECRET
from generation.tests.tiny_models import COMMIT, download_tiny

pytestmark = pytest.mark.torch
# Half of a character: what no tokenizer takes.
NO_TEXT = "\ud800"
APP = "generation/engines/modal_app.py"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> str:
    """The folder that stands for the volume with the weights."""
    folder: Path = tmp_path_factory.mktemp("models")
    download_tiny(MUSICGEN, folder)
    return str(folder)


@pytest.fixture(scope="module")
def cloud(models) -> Iterator[CloudServer]:
    """A Modal to which the app has been deployed."""
    server = CloudServer()
    with running(server):
        modal_command(
            server,
            "deploy",
            APP,
            MODAL_MODEL=MUSICGEN.name,
            MODAL_MAX_BATCH="2",
            MODAL_HF_SECRET="huggingface",
            MODELS_DIR=models,
        )
        yield server


@pytest.fixture(scope="module")
def running_app(cloud, models, tmp_path_factory) -> Iterator[Container]:
    """The container that makes songs."""
    folder = tmp_path_factory.mktemp("container")
    with container(cloud, "Generator.*", folder, MODELS_DIR=models, MODAL_GPU="") as there:
        yield there


@pytest.fixture
def engine(cloud, monkeypatch, settings) -> ModalEngine:
    """The site's engine, which knows that Modal."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    options = {"model": MUSICGEN.name, "token_id": TOKEN_ID, "token_secret": TOKEN_SECRET}
    settings.ENGINES = {"modal": {"BACKEND": "generation.engines.modal.ModalEngine", "OPTIONS": options}}
    engine = get_engine("modal")
    assert isinstance(engine, ModalEngine)
    return engine


def test_it_is_deployed_as_the_variables_say(cloud):
    assert cloud.script.deployed == {"musicgen"}
    assert set(cloud.service.functions) == {"Generator.*", "health", "download"}
    generator = cloud.service.functions["Generator.*"]
    assert generator.resources.gpu_config.gpu_type == "L40S"
    assert generator.resources.memory_mb == 20_480
    assert generator.HasField("retry_policy")
    assert generator.retry_policy.retries == 0
    assert generator.batch_max_size == 2
    assert generator.checkpointing_enabled
    assert [mount.volume_id for mount in generator.volume_mounts] == ["vo-musicgen-models"]


def test_only_what_runs_there_is_uploaded(cloud):
    files = {Path(path) for path in cloud.service.uploaded("Generator.*")}
    root = Path("/root")
    assert {path.relative_to(root).parts[0] for path in files} == {"modal_app.py", "generation"}
    rooms = {path.relative_to(root / "generation").parts[0] for path in files if path.parent != root}
    assert rooms == {"__init__.py", "audio", "diffusion", "engines"}
    assert {path.suffix for path in files} == {".py"}


def test_the_packages_are_those_that_the_models_are_tested_with(cloud):
    [installing] = [command for command in cloud.service.commands if "torch" in command]
    pinned = [line for line in (PROJECT / "requirements-gpu.txt").read_text().splitlines() if "==" in line]
    assert installing.split("install ")[1].split() == sorted(pinned)


def test_songs_ordered_by_the_site_are_made_together_in_a_container(cloud, running_app, engine):
    cloud.service.together = 2
    calls = [engine.start([MusicRequest("rain", 5.0, seed=seed)], f"job-{seed}") for seed in (1, 2)]
    songs = [made(engine, call, running_app) for call in calls]
    assert [song.audio.duration for song in songs] == [5.0, 5.0]
    assert [song.audio.sample_rate for song in songs] == [MUSICGEN.sample_rate] * 2
    assert (songs[0].audio.samples != songs[1].audio.samples).any()
    assert cloud.service.batches[-1] == 2
    # Each was told of, and nothing of it is left.
    assert cloud.calls.counts["DictUpdate"] > 0
    assert cloud.service.dicts["musicgen-progress"] == {}


def test_a_song_that_is_not_wanted_any_more_leaves_those_made_with_it_alone(cloud, running_app, engine):
    cloud.service.together = 2
    unwanted, wanted = (
        engine.start([MusicRequest("rain", 20.0, seed=seed)], f"job-{seed}") for seed in (1, 2)
    )
    running_app.until(lambda: collected(engine, wanted, 0.1) != Pending(None))
    engine.cancel(unwanted)
    cloud.service.cancel_input(SongCall.parse(unwanted).id)
    assert made(engine, wanted, running_app).audio.duration == 20.0
    assert "Received a cancellation signal" in running_app.log.read_text()


def test_the_download_is_given_the_secret(cloud, models, tmp_path):
    assert cloud.service.functions["download"].secret_ids == ["st-huggingface"]
    asked = cloud.calls.counts["FunctionGetInputs"]
    with container(cloud, "download", tmp_path, MODELS_DIR=models) as there:
        there.until(lambda: cloud.calls.counts["FunctionGetInputs"] > asked)


def test_the_doctor_finds_the_app_well(cloud, running_app, models, tmp_path, engine, capsys):
    cloud.service.together = 1
    with container(cloud, "health", tmp_path, MODELS_DIR=models):
        call_command("check_engine", "modal", "--wait", "240")
    said = capsys.readouterr().out
    assert f"{MUSICGEN.name} at {COMMIT}" in said
    assert "torch 2.13.0" in said


def test_a_container_that_fails_as_nobody_foresaw_makes_room_for_another(cloud, running_app, engine):
    cloud.service.together = 1
    call = engine.start([MusicRequest(NO_TEXT, 5.0, seed=1)], "job-1")
    with pytest.raises(EngineError) as failed:
        made(engine, call, running_app)
    assert failed.value.retryable
    running_app.process.wait(60)
    assert running_app.process.returncode == 0


def made(engine: ModalEngine, call: str, there: Container) -> Music:
    """The song of a call, waited for."""
    found: list[Music] = []

    def is_there() -> bool:
        result = collected(engine, call, 1.0)
        if isinstance(result, Music):
            found.append(result)
        return bool(found)

    there.until(is_there)
    return found[0]
