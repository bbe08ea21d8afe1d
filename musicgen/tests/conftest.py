"""What the tests of the site share."""

import copy

import pytest
from django.conf import settings as django_settings


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path):
    """No static files are collected for tests, so an empty folder stands for them."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def without_manifest(settings) -> None:
    """Pages can be made although no static files were collected."""
    storages = copy.deepcopy(django_settings.STORAGES)
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages
