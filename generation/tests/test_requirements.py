"""The requirements files hold what pyproject.toml names, and of every package one version with its hashes."""

import re
import tomllib
from typing import Any

import pytest
from django.conf import settings

PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def project() -> dict[str, Any]:
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())


def normal(names: list[str]) -> dict[str, str]:
    """Names and versions, written as in the requirements files: "huggingface_hub==2" is "huggingface-hub": "2"."""
    pairs = (name.partition("==") for name in names)
    return {name.partition("[")[0].lower().replace("_", "-"): version for name, _, version in pairs}


@pytest.mark.parametrize(
    ("file", "group"),
    [
        ("requirements.txt", None),
        ("requirements-dev.txt", "dev"),
        ("requirements-gpu.txt", "gpu"),
        ("requirements-uv.txt", "uv"),
    ],
)
def test_what_the_project_names_is_pinned(file, group):
    named = project()["dependency-groups"][group] if group else project()["project"]["dependencies"]
    pinned = dict(PINNED.findall((settings.BASE_DIR / file).read_text()))
    wanted = normal(named)
    assert {name: pinned.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-uv.txt"])
def test_every_package_has_the_hashes_of_its_files(file):
    blocks = (settings.BASE_DIR / file).read_text().replace("\\\n", "").splitlines()
    packages = [block for block in blocks if block and not block.startswith("#")]
    assert packages
    assert [
        block for block in packages if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", block)
    ] == []


def test_the_tests_run_what_the_site_runs():
    site, tests = (
        PINNED.findall((settings.BASE_DIR / name).read_text())
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert set(site) <= set(tests)
