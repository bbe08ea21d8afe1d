"""The examination of local files: the folder, and the links under which the site serves it."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory
from django.urls import resolve

from generation.storage import LocalAudioStorage, StorageError
from musicgen.outbound import Answer, OutboundError, fetch

from .listener import Listener
from .probe import Probe
from .steps import Finding, Outcome, Step, examine, failed, ok, warning

SPACE_NEEDED = 200 * 1000 * 1000
SPACE_RECOMMENDED = 2000 * 1000 * 1000
_OTHER_SITE = "See that the site at --site-url runs with the same SECRET_KEY and VAR_DIR as this command."
_CLOSED = "See that nothing in front of the site serves VAR_DIR/audio by itself."


def examine_folder(storage: LocalAudioStorage, site_url: str | None) -> Iterator[Finding]:
    """Go all the way of a track's audio with a probe, which is removed whatever happens.

    Links are followed at `site_url`, or in this process by the view that serves them where there is none.
    """
    with Probe(storage) as probe:
        examination = _Examination(storage, site_url, probe)
        yield from examine(examination.steps(), examination.explain)


class _Examination:
    def __init__(self, storage: LocalAudioStorage, site_url: str | None, probe: Probe) -> None:
        self._storage = storage
        self._site_url = site_url
        self._probe = probe
        self._listener = Listener(probe, self._ask, self._refused, _CLOSED)

    def steps(self) -> list[Step]:
        listener = self._listener
        return [
            Step("space", self._space),
            Step("write", self._write),
            Step("stat", self._stat, needs=("write",)),
            Step("read", self._read, needs=("write",)),
            Step("sign", listener.sign),
            Step("listen", listener.listen, needs=("write", "sign")),
            Step("headers", listener.headers, needs=("listen",)),
            Step("seek", listener.seek, needs=("listen",)),
            Step("tamper", listener.tamper, needs=("listen",)),
            Step("private", listener.ask_unsigned, needs=("listen",)),
            Step("delete", self._delete, needs=("write",)),
        ]

    def explain(self, step: Step, error: Exception) -> Outcome:
        """Make an outcome of what a step raised. Raises again what is no error of the storage."""
        if isinstance(error, OutboundError):
            return failed(error.message, "Check --site-url, and that the site runs there.")
        if isinstance(error, StorageError):
            return failed(error.problem.rstrip("."), error.hint)
        raise error

    def _ask(self, url: str, headers: Mapping[str, str], method: str) -> Answer:
        if self._site_url is None:
            return _ask_within(url, headers)
        host = urlsplit(self._site_url).hostname or ""
        return fetch(urljoin(self._site_url, url), headers=headers, method=method, private_hosts={host})

    def _refused(self, answer: Answer) -> Outcome:
        if 300 <= answer.status < 400:
            return failed(
                f"the site sends listeners on ({answer.status})",
                "Give --site-url the address that the site redirects to.",
            )
        return failed(f"the site answers {answer.status}", _OTHER_SITE)

    def _space(self) -> Outcome:
        free = shutil.disk_usage(_nearest_existing(Path(self._storage.location))).free
        detail = f"{free / 1e9:.1f} GB free"
        if free < SPACE_NEEDED:
            return failed(detail, f"Free some space on the disk of {self._storage.location}.")
        if free < SPACE_RECOMMENDED:
            return warning(detail, f"Free some space on the disk of {self._storage.location} soon.")
        return ok(detail)

    def _write(self) -> Outcome:
        self._probe.write()
        return ok(self._storage.path(self._probe.key))

    def _stat(self) -> Outcome:
        size = self._storage.stat(self._probe.key).size
        if size != len(self._probe.content):
            return failed(f"{size} bytes instead of {len(self._probe.content)}", "Check the disk.")
        return ok(f"{size} bytes")

    def _read(self) -> Outcome:
        with self._storage.open(self._probe.key) as file:
            if file.read() != self._probe.content:
                return failed("what came back is not what was stored", "Check the disk.")
        return ok("the same came back")

    def _delete(self) -> Outcome:
        self._probe.remove(self._probe.key)
        if self._storage.exists(self._probe.key):
            return failed("it is still there", "Check the folder's file system.")
        return ok()


def _ask_within(link: str, headers: Mapping[str, str]) -> Answer:
    """Ask the view that serves links, in this process."""
    view, args, kwargs = resolve(urlsplit(link).path)
    response = view(RequestFactory().get(link, headers=dict(headers)), *args, **kwargs)
    # This is no request of the site: its end must not close the database of whoever runs this.
    request_finished.disconnect(close_old_connections)
    try:
        body = response.getvalue() if response.streaming else response.content
        return Answer(response.status_code, response.headers, body)
    finally:
        response.close()
        request_finished.connect(close_old_connections)


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
