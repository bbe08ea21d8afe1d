"""Signed URLs: our storage's against those of django-storages' `S3Storage.url()`."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.measuring import alternating, in_new_process, memory, ratio, verdict
from benchmarks.storage_clients import NOWHERE, our_storage, their_storage

URLS = 100
ROUNDS = 40
PROCESSES = 5
THREADS = 8
LEAST_RATIO = 12
MOST_MILLISECONDS = 2.0
MAKERS: dict[str, Callable[..., Any]] = {"ours": our_storage, "theirs": their_storage}


def report() -> None:
    """Measure and print."""
    print(f"Signing, {URLS} URLs of different names, median of {ROUNDS} rounds")
    warm, nothing_kept = in_new_process(_many_urls, False), in_new_process(_many_urls, True)
    for title, times in (
        ("cold, day key and window worked out anew for each URL", nothing_kept),
        ("inside a window", warm),
    ):
        times_faster = ratio(times["ours"], times["theirs"])
        print(
            f"  {title}: ours {_median(times['ours']) / URLS * 1e6:.1f} µs, django-storages "
            f"{_median(times['theirs']) / URLS * 1e6:.1f} µs each: {times_faster:.1f} times faster "
            + verdict(times_faster >= LEAST_RATIO, f"{LEAST_RATIO}")
        )
    milliseconds = _median(warm["ours"]) * 1e3
    print(
        f"  {URLS} URLs inside a window: {milliseconds:.2f} ms "
        + verdict(milliseconds < MOST_MILLISECONDS, f"< {MOST_MILLISECONDS:.0f} ms")
    )
    _report_first_urls(1)
    _report_first_urls(THREADS)


def _report_first_urls(threads: int) -> None:
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in MAKERS}
    for name in alternating(list(MAKERS), PROCESSES):
        found[name].append(in_new_process(_first_urls, name, threads))
    who = "the first URL of a process" if threads == 1 else f"{threads} threads' first URLs, all at once"
    print(f"  {who}, median of {PROCESSES} processes, imports left out")
    for name, label in (("ours", "ours"), ("theirs", "django-storages")):
        median, slowest, grown = (_median(values) for values in zip(*found[name], strict=True))
        print(
            f"    {label}: {median * 1e3:.2f} ms a thread, the slowest {slowest * 1e3:.2f} ms, +{grown:.1f} MiB"
        )
    ours, theirs = ([slowest for _, slowest, _ in found[name]] for name in ("ours", "theirs"))
    print(f"    until all have theirs: {ratio(ours, theirs):.0f} times faster")


def _many_urls(keep_nothing: bool) -> dict[str, list[float]]:
    """Return the seconds that each round took. Every name is new, and both have their clients."""
    storages = {name: make(NOWHERE) for name, make in MAKERS.items()}
    for storage in storages.values():
        storage.url("warm.wav")
    times: dict[str, list[float]] = {name: [] for name in MAKERS}
    for number, name in enumerate(alternating(list(MAKERS), ROUNDS)):
        keys = [f"tracks/8d3f6f1c-9f0a-4c58-a7f4-{number:012}/{index}/master.wav" for index in range(URLS)]
        times[name].append(_seconds(storages[name], keys, _forget_signatures if keep_nothing else _keep))
    return times


def _seconds(storage: Any, keys: list[str], before_each: Callable[[], None]) -> float:
    seconds = 0.0
    for key in keys:
        before_each()
        began = time.perf_counter()
        storage.url(key)
        seconds += time.perf_counter() - began
    return seconds


def _keep() -> None:
    """Leave all as it is."""


def _forget_signatures() -> None:
    """Let the next URL be like the first one of a new day."""
    from generation.storage import signing

    signing._frame.cache_clear()
    signing._signing_key.cache_clear()


def _first_urls(name: str, threads: int) -> tuple[float, float, float]:
    """Return seconds of the median and of the slowest thread, and the MiB that the process grew by."""
    storage = MAKERS[name](NOWHERE)
    start = threading.Barrier(threads)
    before = memory("VmRSS")

    def first_url(number: int) -> float:
        start.wait()
        began = time.perf_counter()
        storage.url(f"tracks/{number}/master.wav")
        return time.perf_counter() - began

    with ThreadPoolExecutor(threads) as pool:
        times = list(pool.map(first_url, range(threads)))
        return statistics.median(times), max(times), memory("VmRSS") - before


def _median(values: Any) -> float:
    return float(statistics.median(values))
