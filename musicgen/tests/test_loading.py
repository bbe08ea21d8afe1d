"""Processes load their modules without looking for garbage."""

import gc

import pytest

from musicgen.loading import without_garbage_collection
from musicgen.tests.commands import manage


def test_garbage_is_looked_for_again_afterwards_also_where_loading_fails():
    with pytest.raises(ImportError, match="gone"):
        load_what_is_gone()
    assert gc.isenabled()


@without_garbage_collection()
def load_what_is_gone() -> None:
    assert not gc.isenabled()
    raise ImportError("gone")


def test_a_command_does_not_walk_what_it_has_loaded(tmp_path):
    code = "import gc; print(gc.isenabled(), gc.get_freeze_count() > len(gc.get_objects()))"
    assert manage(tmp_path, "shell", "--no-imports", "-c", code).stdout == "True True\n"
