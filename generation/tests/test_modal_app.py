"""The app as Modal gets it: deployed by its own command, run from what was uploaded, asked by the site's engine."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from generation.diffusion.catalog import ACE_STEP
from generation.diffusion.weights import planner_downloaded
from generation.engines.base import EngineError, Pending
from generation.engines.modal import ModalEngine, SongCall
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.tests.modal_calls import Call
from generation.tests.modal_cloud import CloudServer
from generation.tests.modal_containers import PROJECT, Container, container, deployed, made
from generation.tests.modal_results import SUCCESS
from generation.tests.modal_service import TOKEN_ID, TOKEN_SECRET
from generation.tests.model_hub import Hub, model_hub
from generation.tests.tiny_models import COMMIT, download_tiny
from generation.tests.tiny_planner import download_tiny_planner

pytestmark = pytest.mark.torch
# Half of a character: what no tokenizer takes.
NO_TEXT = "\ud800"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """The folder that stands for the volume with the weights."""
    folder: Path = tmp_path_factory.mktemp("models")
    download_tiny(ACE_STEP, folder)
    download_tiny_planner(folder)
    return folder


@pytest.fixture(scope="module")
def cloud(models) -> Iterator[CloudServer]:
    """A Modal to which the app has been deployed."""
    with deployed(ACE_STEP, models, MODAL_MAX_BATCH="4", MODAL_HF_SECRET="huggingface") as server:
        yield server


@pytest.fixture(scope="module")
def running_app(cloud, models, tmp_path_factory) -> Iterator[Container]:
    """The container that makes songs."""
    folder = tmp_path_factory.mktemp("container")
    with container(cloud, "Generator.*", folder, MODELS_DIR=str(models), MODAL_GPU="") as there:
        yield there


@pytest.fixture
def engine(cloud, monkeypatch, settings) -> ModalEngine:
    """The site's engine, which knows that Modal."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    options = {"model": ACE_STEP.name, "token_id": TOKEN_ID, "token_secret": TOKEN_SECRET}
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
    assert generator.batch_max_size == 4
    assert generator.timeout_secs == 3600
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


def test_the_songs_of_two_orders_are_made_together_in_a_container(cloud, running_app, engine):
    cloud.service.together = 2
    orders = [[MusicRequest("rain", 10.0, seed=seed) for seed in seeds] for seeds in ((1, 2), (3,))]
    calls = [engine.start(order, f"job-{number}") for number, order in enumerate(orders)]
    songs = [song for call in calls for song in made(engine, call, running_app)]
    assert [song.audio.duration for song in songs] == [10.0] * 3
    assert [song.audio.sample_rate for song in songs] == [ACE_STEP.sample_rate] * 3
    assert [song.seed for song in songs] == [1, 2, 3]
    assert len({song.audio.samples.tobytes() for song in songs}) == 3
    assert cloud.service.batches[-1] == 2
    # The planner has planned them, and says what it chose.
    assert all("The planner chose" in " ".join(song.reasons) for song in songs)
    # Each was noted, and nothing of it is left.
    assert cloud.calls.counts["DictUpdate"] > 0
    assert cloud.service.dicts["musicgen-progress"] == {}


def test_the_best_of_several_takes_comes_home_with_the_scores_of_all(cloud, running_app, engine):
    cloud.service.together = 1
    order = [MusicRequest("rain", 10.0, seed=seed, takes=2, bpm=92.0) for seed in (1, 2)]
    songs = made(engine, engine.start(order, "job-takes"), running_app)
    for song, request in zip(songs, order, strict=True):
        assert [set(take.scores) for take in song.takes] == [{"sound", "tempo"}] * 2
        assert song.takes[0].seed == request.seed
        best = max(song.takes, key=lambda take: take.score)
        assert song.seed == best.seed


def test_a_song_that_is_not_wanted_any_more_leaves_those_made_with_it_alone(cloud, running_app, engine):
    cloud.service.together = 2
    unwanted, wanted = (
        engine.start([MusicRequest("rain", 60.0, seed=seed)], f"job-{seed}") for seed in (1, 2)
    )
    running_app.until(lambda: engine.collect(wanted, 0.1) != Pending(None))
    engine.cancel(unwanted)
    cloud.service.cancel_input(SongCall.parse(unwanted).id)
    [song] = made(engine, wanted, running_app)
    assert song.audio.duration == 60.0
    assert "Received a cancellation signal" in running_app.log.read_text()


def test_the_download_is_given_the_secret(cloud, models, tmp_path):
    assert cloud.service.functions["download"].secret_ids == ["st-huggingface"]
    asked = cloud.calls.counts["FunctionGetInputs"]
    with container(cloud, "download", tmp_path, MODELS_DIR=str(models)) as there:
        there.until(lambda: cloud.calls.counts["FunctionGetInputs"] > asked)


def test_the_download_brings_the_planner_along(cloud, tmp_path):
    async def ask() -> Call:
        return cloud.calls.spawn("download", None, "a download")

    assert ACE_STEP.planner is not None
    parts = {part.repo for part in ACE_STEP.planner.parts}
    folder = tmp_path / "volume"
    with (
        model_hub(Hub(ACE_STEP.repo, COMMIT, {"model_index.json": b"{}"}, also=parts)) as hub,
        container(cloud, "download", tmp_path, MODELS_DIR=str(folder), HF_ENDPOINT=hub.endpoint) as there,
    ):
        call = asyncio.run(ask())
        there.until(lambda: call.result is not None)
    assert call.result is not None
    assert call.result.status == SUCCESS
    assert planner_downloaded(ACE_STEP, cache_dir=folder) == f"{COMMIT}+{COMMIT}"


def test_the_doctor_finds_the_app_well(cloud, running_app, models, tmp_path, engine, capsys):
    cloud.service.together = 1
    with container(cloud, "health", tmp_path, MODELS_DIR=str(models)):
        call_command("check_engine", "modal", "--wait", "240")
    said = capsys.readouterr().out
    assert f"{ACE_STEP.name} at {COMMIT}+{COMMIT}+{COMMIT}" in said
    assert "torch 2.13.0" in said


@pytest.mark.thorough
def test_a_container_that_fails_as_nobody_foresaw_makes_room_for_another(cloud, running_app, engine):
    cloud.service.together = 1
    call = engine.start([MusicRequest(NO_TEXT, 10.0, seed=1)], "job-1")
    with pytest.raises(EngineError) as failed:
        made(engine, call, running_app)
    assert failed.value.retryable
    running_app.process.wait(60)
    assert running_app.process.returncode == 0


@pytest.mark.thorough
def test_a_container_that_gets_no_gpu_ends_and_says_so(cloud, models, tmp_path, engine):
    call = engine.start([MusicRequest("rain", 10.0, seed=1)], "job-1")
    with container(cloud, "Generator.*", tmp_path, MODELS_DIR=str(models), MODAL_GPU="L40S") as there:
        there.process.wait(60)
    with pytest.raises(EngineError) as failed:
        engine.collect(call, 10.0)
    assert (failed.value.code, failed.value.retryable) == ("engine_unavailable", False)
    assert "was to run on cuda" in failed.value.detail
    assert "not set up right" in failed.value.message
