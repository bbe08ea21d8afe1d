"""Lighthouse, as it sees a phone, on four pages: create, a track, the library, a shared track.

`make lighthouse`, or `python -m benchmarks.lighthouse`. A site of its own is asked by somebody with an account: for the
create page while they have no track yet, for the library when they have 200. npm fetches Lighthouse into `VAR_DIR`. How
long scripts block a page depends on what else the machine does: Lighthouse's `benchmarkIndex`, which is printed too, is
about 1000 and more where it does nothing else.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks.measuring import verdict

VERSION = "13.5.0"
TRACKS = 200
# Run within the site: the account has that many tracks, each with the wave of the one that was made.
FILL = """
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Track
from generation.tests.api_calls import stored_track

made = Track.objects.order_by("created_at").first()
for number in range({count}):
    request = MusicRequest(prompt=f"Evening number {{number}}", duration=60.0, genre=made.genre, seed=number)
    job = jobs.submit(owner=made.owner, request=request)
    jobs.cancel(job=job)
    facts = {{"bpm": made.bpm, "key": made.key, "peaks": made.peaks, "samples_per_pixel": made.samples_per_pixel}}
    stored_track(job, title=f"Evening number {{number}}", seed=number, **facts)
made.edit(visibility="public")
made.refresh_from_db()
print(made.share_key)
"""
LEAST_SCORE = 98
TIMES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocked",
}


def main() -> None:
    """Print the median scores of all pages, and the times that decide the one for performance."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3, help="how often each page is looked at")
    runs = parser.parse_args().runs
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
    django.setup()
    from generation.tests.browser import ARGUMENTS, NAMES
    from generation.tests.running_site import free_port, running_site

    program = _program()
    port = free_port()
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder, "site")) as site,
        sync_playwright() as playwright,
        # Its cookies are Lighthouse's too, which connects to the port.
        playwright.chromium.launch_persistent_context(
            Path(folder, "profile"),
            executable_path=executable,
            args=[*ARGUMENTS, f"--remote-debugging-port={port}"],
            base_url=site.url,
        ) as context,
    ):

        def report(page: str, address: str) -> None:
            _report(page, [_look(program, address, port) for _ in range(runs)])

        _sign_up(context)
        report("create page", f"{site.url}/")
        report("track page", _make_track(context))
        share_key = site.manage("shell", "--no-imports", "-c", FILL.format(count=TRACKS)).strip()
        report(f"library with {TRACKS} tracks", f"{site.url}/library/")
        report("shared track", f"{site.url}/s/{share_key}")


def _program() -> Path:
    """Lighthouse, installed if it is not there yet."""
    from django.conf import settings

    from generation.tests.typescript_tools import NODE, NPM, run

    folder = Path(settings.VAR_DIR, f"lighthouse-{VERSION}")
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        wanted = f"lighthouse@{VERSION}"
        run(folder, NODE / "node", NPM, "install", wanted, "--ignore-scripts", "--no-audit", "--no-fund")
    return program


def _sign_up(context: BrowserContext) -> None:
    from generation.tests.browser import sign_up

    page = context.new_page()
    sign_up(page)
    page.close()


def _make_track(context: BrowserContext) -> str:
    """Order a piece; the address of its page, which has sections, notes and stems."""
    page = context.new_page()
    page.goto("/")
    page.get_by_label("What should it sound like?").fill("Lo-fi beats for a rainy evening, warm piano")
    page.get_by_role("button", name="Generate", exact=True).click()
    titles = page.locator("article.card-completed .card-title a")
    titles.first.wait_for(timeout=300_000)
    page.locator(".card-live").first.wait_for(state="detached", timeout=300_000)
    titles.first.click()
    page.locator("stem-mixer").wait_for()
    address = page.url
    page.close()
    return address


def _look(program: Path, address: str, port: int) -> dict[str, Any]:
    """What Lighthouse reports of a page, loaded with an empty cache on a slow phone."""
    from generation.tests.typescript_tools import NODE, run

    options = (f"--port={port}", "--quiet", "--output=json", "--output-path=stdout")
    printed = run(program.parent, NODE / "node", program, address, *options)
    report: dict[str, Any] = json.loads(printed[printed.index("{") :])
    return report


def _report(page: str, reports: list[dict[str, Any]]) -> None:
    scores = {
        name: statistics.median(100 * each["categories"][name]["score"] for each in reports)
        for name in reports[0]["categories"]
    }
    said = ", ".join(f"{name} {score:.0f}" for name, score in scores.items())
    print(f"{page}: {said} {verdict(min(scores.values()) >= LEAST_SCORE, f'all {LEAST_SCORE} or more')}")
    times = {
        name: statistics.median(each["audits"][audit]["numericValue"] for each in reports)
        for audit, name in TIMES.items()
    }
    index = statistics.median(each["environment"]["benchmarkIndex"] for each in reports)
    said = ", ".join(f"{name} {time:.0f} ms" for name, time in times.items())
    print(f"  {said}; benchmarkIndex {index:.0f}")
    for name, category in reports[-1]["categories"].items():
        for audit in (reports[-1]["audits"][each["id"]] for each in category["auditRefs"] if each["weight"]):
            if audit["score"] is not None and audit["score"] < 0.9:
                print(f"  {name}: {audit['title']} {audit.get('displayValue', '')}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
