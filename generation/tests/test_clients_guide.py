"""The guide to clients installs the generators with which the tests make them."""

import json
import re

import pytest
from django.conf import settings

from generation.tests.typescript_tools import SOURCES

GUIDE = (settings.BASE_DIR / "docs" / "clients.md").read_text()


@pytest.mark.parametrize("package", ["@hey-api/openapi-ts", "typescript"])
def test_the_packages_of_npm_are_those_of_the_tests(package):
    tested = json.loads((SOURCES / "package.json").read_text())["devDependencies"][package]
    assert re.findall(rf"\s{package}@(\S+)", GUIDE) == [tested]


def test_the_package_of_python_is_that_of_the_tests():
    package = r"^(?:pip install )?openapi-python-client==(\S+)"
    required = (settings.BASE_DIR / "requirements-dev.txt").read_text()
    assert re.findall(package, GUIDE, re.MULTILINE) == re.findall(package, required, re.MULTILINE) != []
