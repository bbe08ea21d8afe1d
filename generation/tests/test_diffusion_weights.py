"""The files of the models, downloaded from a hub on this machine."""

import dataclasses
import sys

import pytest

from generation.diffusion.catalog import ACE_STEP, STABLE_AUDIO
from generation.diffusion.errors import LicenceNotAccepted, ModelUnavailable, NotConverted, NotDownloaded
from generation.diffusion.weights import download, downloaded, find, find_planner, planner_downloaded
from generation.tests.model_hub import Hub, model_hub

OLD, NEW = "a" * 40, "b" * 40
AGAIN = ("vae/model.bin", "qwen_7B/qwen_7B/model.safetensors")
FILES = {"model_index.json": b"{}", "vae/model.safetensors": b"weights"} | dict.fromkeys(
    AGAIN, b"weights again"
)


@pytest.fixture
def hub(reach):
    with model_hub(Hub(ACE_STEP.repo, OLD, FILES)) as hub:
        reach(hub)
        yield hub


def test_what_was_downloaded_is_found_without_the_network(hub, tmp_path):
    assert download(ACE_STEP, cache_dir=tmp_path) == OLD
    asked = len(hub.asked)
    folder, commit = find(ACE_STEP, cache_dir=tmp_path)
    assert commit == downloaded(ACE_STEP, cache_dir=tmp_path) == OLD
    assert (folder / "vae/model.safetensors").read_bytes() == b"weights"
    assert len(hub.asked) == asked


def test_the_same_weights_in_another_format_or_layout_are_left_out(hub, tmp_path):
    download(ACE_STEP, cache_dir=tmp_path)
    folder, _ = find(ACE_STEP, cache_dir=tmp_path)
    assert not any((folder / name).exists() for name in AGAIN)


def test_a_newer_version_is_used_only_once_it_is_downloaded(hub, tmp_path):
    download(ACE_STEP, cache_dir=tmp_path)
    hub.commit, hub.files = NEW, FILES | {"vae/model.safetensors": b"better"}
    assert find(ACE_STEP, cache_dir=tmp_path)[1] == OLD
    assert download(ACE_STEP, cache_dir=tmp_path) == NEW
    assert (find(ACE_STEP, cache_dir=tmp_path)[0] / "vae/model.safetensors").read_bytes() == b"better"
    assert find(ACE_STEP, cache_dir=tmp_path, revision=OLD)[1] == OLD


def test_a_licence_that_was_not_accepted_is_named_with_its_page_and_the_token(hub, tmp_path):
    hub.gated = True
    with pytest.raises(LicenceNotAccepted) as refused:
        download(ACE_STEP, cache_dir=tmp_path)
    assert "MIT" in str(refused.value)
    assert f"https://huggingface.co/{ACE_STEP.repo}" in str(refused.value)
    assert "HF_TOKEN" in str(refused.value)
    assert downloaded(ACE_STEP, cache_dir=tmp_path) is None


def test_a_model_that_is_not_there_is_said_to_be_so(hub, tmp_path):
    with pytest.raises(ModelUnavailable, match="elsewhere"):
        download(dataclasses.replace(ACE_STEP, repo="somebody/elsewhere"), cache_dir=tmp_path)


def test_a_hub_that_does_not_answer_is_an_error_that_says_so(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ModelUnavailable, match="cannot be downloaded"):
        download(ACE_STEP, cache_dir=tmp_path)


def test_what_was_never_downloaded_is_not_found(tmp_path):
    with pytest.raises(NotDownloaded, match="Download it first"):
        find(ACE_STEP, cache_dir=tmp_path)
    with pytest.raises(NotDownloaded, match=NEW):
        find(ACE_STEP, cache_dir=tmp_path, revision=NEW)


def test_a_download_of_which_a_file_is_missing_is_not_loaded(hub, tmp_path):
    download(ACE_STEP, cache_dir=tmp_path)
    folder, _ = find(ACE_STEP, cache_dir=tmp_path)
    (folder / "vae/model.safetensors").unlink()
    with pytest.raises(NotDownloaded, match="only a part"):
        find(ACE_STEP, cache_dir=tmp_path)


def test_a_model_in_a_layout_of_its_own_says_how_it_is_converted_and_is_found_after_that(hub, tmp_path):
    hub.repo, hub.files = STABLE_AUDIO.repo, {"model.safetensors": b"weights", "model_config.json": b"{}"}
    download(STABLE_AUDIO, cache_dir=tmp_path)
    with pytest.raises(NotConverted, match="convert_stable_audio_3_to_diffusers"):
        find(STABLE_AUDIO, cache_dir=tmp_path)
    converted = tmp_path / "converted" / OLD
    converted.mkdir(parents=True)
    (converted / "model_index.json").write_text("{}")
    assert find(STABLE_AUDIO, cache_dir=tmp_path) == (converted, OLD)


def test_a_revision_that_is_named_is_downloaded_and_remembered(hub, tmp_path):
    hub.commit = NEW
    assert download(ACE_STEP, cache_dir=tmp_path, revision=NEW) == NEW
    assert any(NEW in asked for asked in hub.asked)
    assert downloaded(ACE_STEP, cache_dir=tmp_path) == NEW
    assert not list((tmp_path / "downloaded").glob("*.new"))


def test_each_model_remembers_its_own_download(hub, tmp_path):
    download(ACE_STEP, cache_dir=tmp_path)
    assert downloaded(STABLE_AUDIO, cache_dir=tmp_path) is None


def test_without_the_hub_library_the_requirements_are_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelUnavailable, match=r"ACE-Step .* needs what requirements-gpu.txt lists"):
        download(ACE_STEP, cache_dir=tmp_path)


def test_the_planner_comes_with_the_model_where_it_is_wanted(tmp_path, reach):
    files = FILES | {"audio_tokenizer/config.json": b"{}", "audio_token_detokenizer/config.json": b"{}"}
    assert ACE_STEP.planner is not None
    with model_hub(Hub(ACE_STEP.repo, OLD, files)) as hub:
        reach(hub)
        download(ACE_STEP, cache_dir=tmp_path)
        assert planner_downloaded(ACE_STEP, cache_dir=tmp_path) is None
        assert find_planner(ACE_STEP, cache_dir=tmp_path) is None
        hub.also = {part.repo for part in ACE_STEP.planner.parts}
        assert download(ACE_STEP, cache_dir=tmp_path, planner=True) == f"{OLD}+{OLD}+{OLD}"
        found = find_planner(ACE_STEP, cache_dir=tmp_path)
    assert found is not None
    assert found.revision == planner_downloaded(ACE_STEP, cache_dir=tmp_path) == f"{OLD}+{OLD}"
    assert (found.writer / "vae/model.safetensors").exists()
    assert {path.name for path in found.codes.iterdir()} == {"audio_tokenizer", "audio_token_detokenizer"}


@pytest.mark.parametrize("revision", [f"{OLD}+{OLD}", f"{OLD}+{OLD}+{OLD}+{OLD}", f"{OLD}++"])
def test_a_revision_that_names_another_number_of_commits_is_no_revision(tmp_path, revision):
    with pytest.raises(ModelUnavailable, match="three commits"):
        find_planner(ACE_STEP, cache_dir=tmp_path, revision=revision)


def test_a_model_without_a_planner_is_downloaded_as_ever(hub, tmp_path):
    model = dataclasses.replace(ACE_STEP, planner=None)
    assert download(model, cache_dir=tmp_path, planner=True) == OLD
    assert find_planner(model, cache_dir=tmp_path) is None


def test_a_planner_that_cannot_be_had_is_named(hub, tmp_path):
    with pytest.raises(ModelUnavailable, match="planner"):
        download(ACE_STEP, cache_dir=tmp_path, planner=True)
