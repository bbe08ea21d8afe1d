import os
import time

import pytest

from musicgen.static_files import collect_if_changed


@pytest.fixture
def static(settings, tmp_path):
    """A site with one static file, which is returned."""
    source = tmp_path / "source"
    source.mkdir()
    file = source / "one.css"
    file.write_text("body { margin: 0 }")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    return file


def test_the_second_start_has_nothing_to_collect(static):
    assert collect_if_changed()
    assert not collect_if_changed()


def test_a_changed_file_is_collected(static, settings):
    collect_if_changed()
    static.write_text("body { margin: 1px }")
    later = time.time() + 10  # collectstatic compares whole seconds
    os.utime(static, (later, later))
    assert collect_if_changed()
    assert (settings.STATIC_ROOT / "one.css").read_text() == "body { margin: 1px }"


def test_a_touched_file_is_collected(static):
    collect_if_changed()
    os.utime(static, (1, 1))
    assert collect_if_changed()


def test_what_was_removed_by_hand_is_collected_again(static, settings):
    collect_if_changed()
    (settings.STATIC_ROOT / ".collected").unlink()
    assert collect_if_changed()
