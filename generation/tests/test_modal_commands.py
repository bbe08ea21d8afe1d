"""Commands with the variables that a person has to set for them."""

from generation.diffusion.catalog import ACE_STEP, MUSICGEN
from generation.engines.modal_commands import APP_NAME, DEPLOY, DOWNLOAD, deploy_command, download_command


def test_what_is_as_by_itself_need_not_be_set():
    assert download_command(APP_NAME, ACE_STEP.name) == DOWNLOAD
    assert deploy_command(APP_NAME, ACE_STEP.name) == DEPLOY


def test_what_is_otherwise_is_named():
    assert (
        download_command("songs", MUSICGEN.name)
        == f"MODAL_APP_NAME=songs MODAL_MODEL={MUSICGEN.name} {DOWNLOAD}"
    )
    command = deploy_command(APP_NAME, ACE_STEP.name, revision="4567def", planner=False)
    assert command == f"MODAL_PLANNER=off MODAL_REVISION=4567def {DEPLOY}"
