"""Caddy and nginx as deploy/ has them, on free ports and with a certificate for this test alone."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generation.tests.certificates import make_certificate

HOST = "music.example.org"
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
START_SECONDS = 20


@contextmanager
def caddy(folder: Path, config: str, scheme: str, port: int, **variables: str) -> Iterator[None]:
    """Caddy with this configuration, which is to listen at `port`; `scheme` is http or https."""
    file = folder / "Caddyfile"
    file.write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n\t{scheme}_port {port}\n}}\n{config}")
    command = [_program("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"]
    homes = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    with _running(command, folder, port, homes | variables):
        yield


@contextmanager
def caddy_over_https(folder: Path, site_port: int, port: int, *more_site_ports: int) -> Iterator[Path]:
    """deploy/Caddyfile in front of the site at `site_port`, and at more where there are. Yields the certificate."""
    certificate, key = make_certificate(folder, HOST)
    sites = " ".join(f"127.0.0.1:{each}" for each in (site_port, *more_site_ports))
    config = _replaced(
        (DEPLOY / "Caddyfile").read_text(),
        {f"{HOST} {{": f"{HOST} {{\n\ttls {certificate} {key}", "127.0.0.1:8000": sites},
    )
    with caddy(folder, config, "https", port):
        yield certificate


@contextmanager
def nginx_over_https(folder: Path, site_port: int, port: int) -> Iterator[Path]:
    """deploy/nginx.conf in front of the site at `site_port`. Yields the certificate."""
    certificate, key = make_certificate(folder, HOST)
    live = f"/etc/letsencrypt/live/{HOST}"
    server = _replaced(
        (DEPLOY / "nginx.conf").read_text(),
        {
            f"{live}/fullchain.pem": str(certificate),
            f"{live}/privkey.pem": str(key),
            "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "listen 80;": f"listen unix:{folder}/plain.sock;",
            "listen [::]:80;": "",
            "http://127.0.0.1:8000": f"http://127.0.0.1:{site_port}",
        },
    )
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{server}\n}}\n"
    )
    command = [_program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(file)]
    with _running(command, folder, port, {}):
        yield certificate


def _replaced(text: str, places: Mapping[str, str]) -> str:
    """The text with other values in these places, of which each must be there."""
    for old, new in places.items():
        assert old in text, f"{old!r} is not in the example."
        text = text.replace(old, new)
    return re.sub(r"\n\s*\n+", "\n", text)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is not installed: .ci/proxies"
    return found


@contextmanager
def _running(command: list[str], folder: Path, port: int, variables: Mapping[str, str]) -> Iterator[None]:
    log = folder / "proxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={"PATH": "/usr/bin:/bin", **variables}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_it_listens(process, port, log)
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"The proxy did not start:\n{log.read_text()}")
