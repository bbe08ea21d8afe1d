"""From the order to stored, playable music, through the whole site: `python -m benchmarks.first_sound`.

Starts web and worker, orders each genre over the API, and prints beside it what composing, rendering and mastering
alone cost in this process in the same run: the ratio is what the site adds (queue, lease, encoding, storing, HTTP).
"""

import json
import os
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

import django

ROUNDS = 3
DURATION = 30.0


def main() -> None:
    """Print a line a genre: seconds through the site, seconds of the engine alone, the ratio, times real time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
    django.setup()
    from generation.composer.genre.catalog import GENRES
    from generation.tests.running_site import running_site

    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as site:
        token = site.manage("create_token", "bench@example.org", "--create-user").strip()
        _site_seconds(site.url, token, "lofi", 0)
        _engine_seconds("lofi", 0)
        print(f"{'genre':<12}{'site s':>8}{'engine s':>10}{'ratio':>7}{'x real time':>13}")
        for genre in sorted(GENRES):
            pairs = [
                (_site_seconds(site.url, token, genre, seed), _engine_seconds(genre, seed))
                for seed in range(1, ROUNDS + 1)
            ]
            site_s, engine_s = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(whole / alone for whole, alone in pairs)
            print(f"{genre:<12}{site_s:>8.2f}{engine_s:>10.2f}{ratio:>7.2f}{DURATION / site_s:>13.1f}")


def _site_seconds(url: str, token: str, genre: str, seed: int) -> float:
    body = json.dumps({"prompt": genre, "genre": genre, "duration": DURATION, "seed": seed}).encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Prefer": "wait=60",
    }
    began = time.perf_counter()
    request = urllib.request.Request(f"{url}/api/v1/jobs", body, headers)  # noqa: S310  our own site
    with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
        job = json.load(answer)
    seconds = time.perf_counter() - began
    if job["status"] != "completed":
        raise SystemExit(f"The job ended {job['status']}: {job['error']}")
    return seconds


def _engine_seconds(genre: str, seed: int) -> float:
    from generation.audio.master import master
    from generation.engines.registry import get_engine
    from generation.engines.request import MusicRequest

    engine = get_engine("composer")
    request = engine.resolve(MusicRequest(prompt=genre, genre=genre, duration=DURATION, seed=seed)).request
    began = time.perf_counter()
    master(engine.generate(request, lambda part: None, lambda: False).audio)  # type: ignore[attr-defined]
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
