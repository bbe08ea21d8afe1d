"""The API fuzzed by schemathesis with all its checks: what the document allows, what it does not, and calls in a row.

`FUZZ_SECONDS` says for how long; `make fuzz-api` takes ten minutes.
"""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from generation.tests.running_site import Site, running_site
from generation.tests.test_worker_process import database_url

pytestmark = [pytest.mark.long, pytest.mark.postgresql_is_enough]
SECONDS = int(os.environ.get("FUZZ_SECONDS", "20"))
GRACE_SECONDS = 150
VARIABLES = {"DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings", "API_RATE": "1000000/min"}


def fuzz(site: Site, seconds: int, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Send the site calls for so long and return what schemathesis says."""
    token = site.manage("create_token", "alice@example.org", "--create-user").strip()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/api/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {token}", "--checks", "all", "--mode", "all"),
        *("--max-time", str(seconds), "--continue-on-failure", "--request-timeout", "60", "--no-color"),
        *("--generation-database", "none"),
        *(option for name in streams(site) for option in ("--exclude-operation-id", name)),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "generation.tests.fuzzing_hooks", "FUZZ_TOKEN_ID": id_of(site, token)}
    return subprocess.run(
        command,
        cwd=folder,  # it keeps what it has found out from one run to the next, and here there is no next
        env={**site.environment, **hooks, "PYTHONPATH": str(settings.BASE_DIR)},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds + GRACE_SECONDS,
    )


def streams(site: Site) -> list[str]:
    """The calls whose answer does not end, which would only be waited for; they have tests of their own."""
    with urllib.request.urlopen(f"{site.url}/api/v1/openapi.json", timeout=60) as answer:
        paths = json.load(answer)["paths"]
    calls = [call for methods in paths.values() for call in methods.values()]
    return [
        call["operationId"]
        for call in calls
        if any("text/event-stream" in each.get("content", ()) for each in call["responses"].values())
    ]


def id_of(site: Site, token: str) -> str:
    request = urllib.request.Request(
        f"{site.url}/api/v1/tokens", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["results"][0]["id"])


def test_the_api_keeps_to_its_document_whatever_it_is_sent(transactional_db, tmp_path):
    with running_site(tmp_path, DATABASE_URL=database_url(), **VARIABLES) as site:
        ended = fuzz(site, SECONDS, tmp_path)
    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout
