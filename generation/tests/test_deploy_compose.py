"""compose.yaml as far as it goes without Docker: its settings, its bucket and its proxy around a running site."""

import json
import re
import shlex
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.conf import settings

from generation.tests import s3_server
from generation.tests.proxies import DEPLOY, caddy
from generation.tests.running_site import free_port, running_site

COMPOSE = (settings.BASE_DIR / "compose.yaml").read_text()
GIVEN = {
    "SECRET_KEY": "only-for-the-test-of-compose-0123456789-abcdefghijklmnopqrstuvwxyz",
    "POSTGRES_PASSWORD": "of-the-database",
    "STORAGE_SECRET_ACCESS_KEY": "of-the-bucket",
}

pytestmark = pytest.mark.sqlite_is_enough


def composed(**variables: str) -> Any:
    """compose.yaml with these variables, as `docker compose config` shows it."""
    given = GIVEN | variables

    def value(match: "re.Match[str]") -> str:
        name, kind, rest = match.groups()
        found = given.get(name, "")
        assert found or kind != ":?", f"{name}: {rest}"
        return found or (rest if kind == ":-" else "")

    return yaml.safe_load(re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", value, COMPOSE))


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_nothing_starts_without_its_secrets(missing):
    assert re.search(rf"\${{{missing}:\?[^}}]+}}", COMPOSE)


def test_every_variable_of_the_site_is_a_setting():
    known = set(re.findall(r"^# ([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    given = set(composed()["services"]["web"]["environment"])
    assert given - known - {"WEB_CONCURRENCY"} == set()


def test_web_and_worker_end_in_time():
    """Docker kills after the grace period; what a worker has not ended by then it has handed back."""
    services = composed()["services"]
    grace = int(services["worker"]["environment"]["WORKER_GRACE_SECONDS"])
    assert int(services["worker"]["stop_grace_period"].rstrip("s")) >= grace + 5


@pytest.mark.long
def test_the_audio_is_heard_at_the_address_of_the_site(tmp_path):
    port = free_port()
    url = f"http://localhost:{port}"
    services = composed(SITE_URL=url, SITE_HOST="localhost")["services"]
    config = composed()["configs"]["s3"]["content"]
    environment = {name: str(value or "") for name, value in services["web"]["environment"].items()}
    del environment["DATABASE_URL"]
    environment["ALLOWED_HOSTS"] += ",127.0.0.1"  # by which the test sees that the site is ready
    environment["DJANGO_SETTINGS_MODULE"] = "generation.tests.scripted_settings"
    proxy = (DEPLOY / "compose.Caddyfile").read_text()
    folder = tmp_path / "proxy"
    folder.mkdir()
    site_port = free_port()
    with (
        bucket(tmp_path / "bucket", services["bucket"]["command"], config) as bucket_port,
        # Before the site, which is ready when the bucket answers, by this address.
        caddy(
            folder,
            proxy,
            "http",
            port,
            SITE_URL=url,
            WEB=f"127.0.0.1:{site_port}",
            BUCKET=f"127.0.0.1:{bucket_port}",
        ),
        running_site(tmp_path / "site", PORT=str(site_port), **environment),
    ):
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = opener.open(f"{url}/").read().decode()
        [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page))
        form = {"prompt": "rain", "duration": "custom", "seconds": "5", "csrfmiddlewaretoken": token}
        opener.open(f"{url}/", urlencode(form).encode()).read()
        [job] = json.loads(opener.open(f"{url}/api/v1/jobs").read())["results"]
        wait = urllib.request.Request(f"{url}/api/v1/jobs/{job['id']}", headers={"Prefer": "wait=25"})
        assert json.loads(opener.open(wait).read())["status"] == "completed"
        audio = urllib.request.Request(f"{url}/audio/{job['id']}", headers={"Range": "bytes=0-99"})
        heard = opener.open(audio)
        assert (heard.status, heard.url.split("/")[3], len(heard.read())) == (206, "music-audio", 100)
        assert heard.url.startswith(f"{url}/music-audio/"), "so that no other name is needed"
        # And nobody else's: without a signature the bucket is closed.
        with pytest.raises(urllib.request.HTTPError, match="403"):
            urllib.request.urlopen(heard.url.partition("?")[0])


@contextmanager
def bucket(folder: Path, command: str, config: str) -> Iterator[int]:
    """The storage of compose.yaml, by the same program on ports of this machine. Yields that of S3."""
    folder.mkdir()
    (folder / "s3.json").write_text(config)
    s3, *others = s3_server.free_ports(4)
    there = (
        command.replace("/data", str(folder))
        .replace("/s3.json", str(folder / "s3.json"))
        .replace("0.0.0.0", "127.0.0.1")
        .replace("8333", str(s3))
    )
    ports = [
        f"-{name}.port={number}" for name, number in zip(("master", "volume", "filer"), others, strict=True)
    ]
    unused = ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            [s3_server.binary(), *shlex.split(there), *ports, *unused],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            s3_server.wait_until_listening(process, s3, folder / "weed.log")
            yield s3
        finally:
            process.kill()
            process.wait()
