"""The doctor of the storage, called by tests, and what it says taken apart."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from generation.tests.s3_proxy import Proxy, proxy_before
from generation.tests.s3_server import S3Server

ORIGIN = "https://music.example.org"
AT_HOME = ("--origin", "http://127.0.0.1:8000")
_LINE = re.compile(r"(\w+(?: \w+)?) +(ok|warning|failed|skipped)\b:? ?(.*)")


class Told(NamedTuple):
    """What was said of a step, and what stands indented under it."""

    state: str
    said: str
    under: str


@dataclass(frozen=True)
class Report:
    """Whether all was well, every step, and the whole text with what the command ended with."""

    well: bool
    steps: dict[str, Told]
    text: str

    def states(self) -> dict[str, str]:
        return {name: step.state for name, step in self.steps.items()}

    def failed(self) -> list[str]:
        return [name for name, step in self.steps.items() if step.state == "failed"]


def report_on_bucket(server: S3Server, *arguments: str, **options: object) -> Report:
    """Examine the server's bucket; `options` are those of S3AudioStorage that differ."""
    wanted = {
        "bucket_name": server.bucket,
        "endpoint_url": server.endpoint,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
    } | options
    return report_on({"BACKEND": "generation.storage.S3AudioStorage", "OPTIONS": wanted}, *arguments)


def report_on(storage: Mapping[str, object], *arguments: str) -> Report:
    storages = copy.deepcopy(settings.STORAGES) | {"audio": storage}
    output = StringIO()
    well = True
    with override_settings(STORAGES=storages):
        try:
            call_command("check_storage", *arguments, stdout=output, no_color=True)
        except CommandError as error:
            output.write(str(error))
            well = False
    return Report(well, steps_in(output.getvalue()), output.getvalue())


def steps_in(text: str) -> dict[str, Told]:
    steps: dict[str, Told] = {}
    name = ""
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match:
            name = match[1]
            steps[name] = Told(match[2], match[3], "")
        elif line.startswith("        "):
            steps[name] = steps[name]._replace(under=f"{steps[name].under}\n{line[8:]}".strip())
    return steps


@pytest.fixture
def rewriter(s3_server) -> Iterator[Proxy]:
    """Something before the bucket that changes what is asked and answered."""
    with proxy_before(s3_server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def report_through(s3_server: S3Server, rewriter: Proxy) -> Callable[..., Report]:
    """Examine the bucket through the proxy."""

    def report(*arguments: str, **options: object) -> Report:
        return report_on_bucket(
            s3_server, *(arguments or AT_HOME), **{"endpoint_url": rewriter.endpoint} | options
        )

    return report
