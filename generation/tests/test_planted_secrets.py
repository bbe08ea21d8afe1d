"""Secrets that are planted everywhere are found in no line that web and worker write, in no page, nor at Sentry.

The one signature that the admin may hold is that of its own player's address, which a listener needs.
"""

import json
import re
import secrets
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar
from typing import Any

import pytest

from generation.tests.running_site import Site, running_site
from generation.tests.s3_server import S3Server
from generation.tests.sentry_server import SentryServer, sentry_server
from generation.tests.toxic_proxy import Answer, ToxicProxy
from generation.tests.working import wait_until

pytestmark = pytest.mark.long
NO_HEADERS: Mapping[str, str] = {}
OTHER_PAGES = (
    *(
        "/",
        "/library/",
        "/accounts/",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/v1/docs",
        "/api/v1/openapi.json",
    ),
    *("/api/v1/tokens", "/api/v1/usage", "/api/v1/engines", "/api/v1/jobs", "/api/v1/tracks"),
)


class Visitor:
    """A browser or a program that keeps its cookies and every page that it was answered with an error."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies = CookieJar()
        self.errors: list[str] = []
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), _NoRedirect
        )

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> tuple[int, str, str]:
        """The status, the text and the `Location` of an answer."""
        request = urllib.request.Request(
            self.site.url + path, method=method, data=body, headers=dict(headers)
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                return (
                    answer.status,
                    answer.read().decode(errors="replace"),
                    answer.headers.get("Location", ""),
                )
        except urllib.error.HTTPError as answer:
            with answer:
                text = answer.read().decode(errors="replace")
            # With DEBUG on Django's own 404 tells the developer what was asked for, and nobody else asks there.
            if answer.code >= 400 and not (answer.code == 404 and "DEBUG = True" in text):
                self.errors.append(text)
            return answer.code, text, answer.headers.get("Location", "")

    def send(self, path: str, **fields: str) -> tuple[int, str, str]:
        """Fill in the form of a page."""
        _, page, _ = self.ask(path)
        [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self.ask(path, method="POST", body=body, headers={"Referer": self.site.url + path})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Do not follow."""


@pytest.fixture
def planted() -> dict[str, str]:
    """What must not be found, by what it is. Each is long enough to be nothing else."""
    names = (
        "password",
        "wrong_password",
        "SECRET_KEY",
        "MODAL_TOKEN_ID",
        "MODAL_TOKEN_SECRET",
        "mail",
        "PLANTED",
    )
    return {name: f"planted{secrets.token_hex(12)}" for name in names}


@pytest.fixture
def sentry() -> Iterator[SentryServer]:
    with sentry_server() as sentry:
        yield sentry


@pytest.fixture(
    params=[("json", ""), pytest.param(("text", "1"), marks=pytest.mark.thorough)], ids=["json", "debug"]
)
def site(request, planted, sentry, s3_server: S3Server, proxy: ToxicProxy, tmp_path) -> Iterator[Site]:
    planted["storage key"] = s3_server.secret_key
    variables = {
        "DJANGO_SETTINGS_MODULE": "generation.tests.leaking_settings",
        "LOG_FORMAT": request.param[0],
        "DEBUG": request.param[1],
        "SENTRY_DSN": sentry.dsn,
        "STORAGE_ENDPOINT_URL": proxy.endpoint,
        "STORAGE_ACCESS_KEY_ID": s3_server.access_key,
        "STORAGE_SECRET_ACCESS_KEY": s3_server.secret_key,
        "STORAGE_BUCKET_NAME": s3_server.bucket,
        "EMAIL_URL": f"smtp://music:{planted['mail']}@127.0.0.1:1",
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "GUNICORN_CMD_ARGS": "--access-logfile -",
        "DJANGO_SUPERUSER_PASSWORD": planted["password"],
        # What looks like a secret only by the name before it.
        "PLANTED": f"password={planted['PLANTED']}",
        **{name: planted[name] for name in ("SECRET_KEY", "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET")},
    }
    with running_site(tmp_path, **variables) as site:
        yield site


def test_no_secret_is_found_anywhere(site, planted, proxy, sentry):
    site.manage("createsuperuser", "--noinput", "--email", "alice@example.org")
    planted["token"] = site.manage("create_token", "alice@example.org").strip()
    program, person = Visitor(site), Visitor(site)
    bearer = {"Authorization": f"Bearer {planted['token']}", "Content-Type": "application/json"}

    planted |= webhooks_that_fail(program, bearer)
    job_ids = work_that_fails(program, bearer, proxy)
    wait_until(lambda: "does not speak TLS" in webhook_errors(program, bearer), 60, every=0.5)
    planted |= what_was_signed(program, bearer, job_ids["fine"])
    requests_that_fail(program, person, planted)
    admin = admin_pages(person, planted, job_ids)
    others = "\n".join(shown(person.ask(path)[1]) for path in OTHER_PAGES)

    site.process.send_signal(2)
    site.process.wait(60)
    log = site.log.read_text()
    for name, job_id in job_ids.items():
        assert job_id in log, name
    for place, text in {
        "log": log,
        "errors": "\n".join(program.errors + person.errors),
        "admin": admin,
        "pages": others,
        "sentry": "\n".join(sentry.received),
    }.items():
        found = [name for name, secret in planted.items() if _spelled(secret) & _spellings_in(text, secret)]
        assert found == [], f"{place}: {found}"
    assert "sent body bytes" not in log, "HEAD had a body"
    assert 'HTTP/1.1" 200' not in log, "gunicorn has said it too"
    # The test can fail: what is no secret was written by both, and much of it.
    assert "Now comes" in log
    assert "Sent: " in log
    assert log.count("***") > 100
    assert "Traceback" in log
    assert len(program.errors + person.errors) > 15
    assert any("DEBUG = True" in page for page in program.errors) == (site.environment["DEBUG"] == "1")
    assert any("RuntimeError" in event and "frames" in event for event in sentry.received)


def work_that_fails(program: Visitor, bearer: dict[str, str], proxy: ToxicProxy) -> dict[str, str]:
    """Jobs that a worker fails at in every way, and one that goes well."""

    def order(prompt: str) -> str:
        body = json.dumps({"prompt": prompt, "duration": 1, "seed": 7}).encode()
        status, text, _ = program.ask("/api/v1/jobs", method="POST", body=body, headers=bearer)
        assert status == 202, text
        return str(json.loads(text)["id"])

    def state(job_id: str) -> str:
        return str(json.loads(program.ask(f"/api/v1/jobs/{job_id}", headers=bearer)[1])["status"])

    job_ids = {"fine": order("rain")}
    wait_until(lambda: state(job_ids["fine"]) == "completed", 60)
    job_ids["refused"] = order("refused")
    job_ids["broken"] = order("broken")
    wait_until(lambda: state(job_ids["refused"]) == "failed", 60)
    log = program.site.log
    wait_until(lambda: "RuntimeError" in log.read_text(), 60)
    proxy.trouble = Answer(403, "SignatureDoesNotMatch", message="The key planted is secret_key=abc")
    job_ids["not stored"] = order("snow")
    wait_until(lambda: "could not be stored" in log.read_text(), 60)
    proxy.trouble = None
    program.errors.append(program.ask(f"/api/v1/jobs/{job_ids['refused']}", headers=bearer)[1])
    return job_ids


def webhooks_that_fail(program: Visitor, bearer: dict[str, str]) -> dict[str, str]:
    """The secrets of a webhook whose receiver is no receiver: of the present one and of the one before."""
    key = f"planted{secrets.token_hex(12)}"
    url = f"{program.site.url.replace('http://', 'https://')}/{key}?key={key}"
    body = json.dumps({"url": url}).encode()
    status, text, address = program.ask("/api/v1/webhooks", method="POST", body=body, headers=bearer)
    assert status == 201, text
    path = urllib.parse.urlsplit(address).path
    _, rotated, _ = program.ask(f"{path}/rotate-secret", method="POST", body=b"{}", headers=bearer)
    old, new = (str(json.loads(each)["secret"]) for each in (text, rotated))
    for call in (f"{path}?secret={old}", f"/api/v1/webhooks/{new}", f"/webhooks/{old}"):
        program.ask(call, headers=bearer)
    wrong = json.dumps({"url": f"https://{key}@127.0.0.1/", "secret": new}).encode()
    program.ask("/api/v1/webhooks", method="POST", body=wrong, headers=bearer)
    return {"webhook": new, "old webhook": old, "webhook's URL": key}


def webhook_errors(program: Visitor, bearer: dict[str, str]) -> str:
    """What the deliveries of all webhooks say of their attempts."""
    listed = json.loads(program.ask("/api/v1/webhooks", headers=bearer)[1])["results"]
    return "".join(
        program.ask(f"/api/v1/webhooks/{each['id']}/deliveries", headers=bearer)[1] for each in listed
    )


def what_was_signed(program: Visitor, bearer: dict[str, str], job_id: str) -> dict[str, str]:
    """The signature of an address that was given out, which whoever reads a log must not get."""
    status, _, location = program.ask(f"/api/v1/jobs/{job_id}/audio", headers=bearer)
    assert status == 302
    [signature] = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["X-Amz-Signature"]
    program.ask(
        f"/audio/{job_id}?next={urllib.parse.quote(location)}", headers={**bearer, "Referer": location}
    )
    program.ask(f"/nothing/{urllib.parse.quote(location, safe='')}")
    return {"signature": signature}


def requests_that_fail(program: Visitor, person: Visitor, planted: dict[str, str]) -> None:
    """Failed logins, bad tokens, errors of every kind, and what gunicorn itself refuses."""
    token = planted["token"]
    for path in ("/leak", "/api/v1/leak"):
        for kind in ("500", "404", "away", "storage"):
            program.ask(
                f"{path}?as={kind}&token={token}",
                headers={"Authorization": f"Bearer {token}", "Cookie": f"sessionid={token}"},
            )
    for path in ("/jobs", "/api/v1/jobs", "/api/v1/nothing", "/", f"/{token}/", "/accounts/login/"):
        for method in ("GET", "HEAD", "POST"):
            program.ask(f"{path}?token={token}&password={planted['PLANTED']}", method=method, body=b"")
    program.ask("/api/v1/jobs", headers={"Authorization": f"Bearer {token}x"})
    program.ask("/api/v1/jobs", headers={"Authorization": f"Basic {token}"})
    program.ask("/api/v1/jobs", headers={"Host": f"{token}.example"})
    person.send("/accounts/login/", login="alice@example.org", password=planted["wrong_password"])
    person.send("/accounts/login/", login="bob@example.org", password=planted["wrong_password"])
    person.send("/accounts/password/reset/", email="alice@example.org")
    program.ask(f"/accounts/password/reset/key/1-{token}/")
    for line in (f"GET /jobs?token={token} HTTP/9.9", f"GET /jobs?{token}", f"G\0T /{token} HTTP/1.1"):
        _raw(program.site, f"{line}\r\nAuthorization: Bearer {token}\r\n\r\n")


def admin_pages(person: Visitor, planted: dict[str, str], job_ids: dict[str, str]) -> str:
    """All that the admin shows, but for the players' addresses."""
    status, _, _ = person.send("/accounts/login/", login="alice@example.org", password=planted["password"])
    assert status == 302
    planted["session"] = next(cookie.value or "" for cookie in person.cookies if cookie.name == "sessionid")
    lists = sorted(set(re.findall(r'href="(/admin/\w+/\w+/)"', person.ask("/admin/")[1])))
    assert {"/admin/accounts/apitoken/", "/admin/generation/job/", "/admin/admin/logentry/"} <= set(lists)
    lists += ["/admin/settings/", "/admin/?over=month"]
    paths = list(lists)
    paths += [f"/admin/generation/job/{job_id}/change/" for job_id in job_ids.values()]
    texts = []
    while paths:
        status, text, location = person.ask(paths.pop())
        if (status, location) == (302, "/admin/"):
            continue  # a message, say, that a worker has taken since the list was shown
        assert status == 200
        texts.append(shown(text))
        if len(texts) == len(lists) + len(job_ids):  # what the lists lead to, once
            paths += sorted(set(re.findall(r'href="(/admin/[^"?]+/change/)', "".join(texts))))[:30]
    return "\n".join(texts)


def shown(page: str) -> str:
    """A page without its player, which must have the signed address of what it plays."""
    return re.sub(r"<audio[^>]*>", "", page)


def _raw(site: Site, text: str) -> None:
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(text.encode())
        connection.settimeout(10)
        connection.recv(65536)


def _spelled(secret: str) -> set[str]:
    return {secret, urllib.parse.quote(secret, safe="")}


def _spellings_in(text: str, secret: str) -> set[str]:
    return {form for form in _spelled(secret) if form in text}
