"""What the tests of the site share."""

import pytest


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path):
    """No static files are collected for tests, so an empty folder stands for them."""
    settings.STATIC_ROOT = tmp_path
