"""Saving a long WAV on a real server: our storage against bare boto3."""

import io
import os
import statistics
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from benchmarks.measuring import alternating, forget_peak, in_new_process, memory, ratio, verdict
from benchmarks.storage_clients import Service, bare_client, our_storage

SIZE = 60_000_000  # bytes: 5 min 12 s of 48 kHz, 16-bit stereo
ROUNDS = 9
MOST_TIMES = 1.1
KEY = "tracks/6f1c/9a2b/master.wav"
LABELS = {
    "bare": "boto3 upload_fileobj",
    "save": "our save",
    "save_verified": "our save_verified (SHA-256, save, size and MD5 compared)",
}


def report() -> None:
    """Measure and print."""
    from generation.tests.s3_server import running_s3

    with tempfile.TemporaryDirectory() as folder, running_s3(Path(folder)) as server:
        sound = Path(folder) / "long.wav"
        _write_wav(sound)
        service = Service(server.endpoint, server.bucket, server.access_key, server.secret_key)
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in LABELS}
        for name in alternating(list(LABELS), ROUNDS):
            found[name].append(in_new_process(_saved, name, service, sound))
    print(f"Saving a WAV of {SIZE / 1e6:.0f} MB to SeaweedFS, median of {ROUNDS} rounds, a process each")
    for name, label in LABELS.items():
        seconds, peak, grown = (statistics.median(values) for values in zip(*found[name], strict=True))
        print(f"  {label}: {seconds:.3f} s, peak {peak:.0f} MiB, {grown:.0f} MiB more than before")
    bare = [seconds for seconds, _, _ in found["bare"]]
    for name in ("save", "save_verified"):
        ours = [seconds for seconds, _, _ in found[name]]
        times = ratio(bare, ours)
        of_medians = statistics.median(ours) / statistics.median(bare)
        target = f" {verdict(times <= MOST_TIMES, f'{MOST_TIMES} times')}" if name == "save" else ""
        print(f"  {name} takes {times:.2f} times as long as boto3 (of the medians {of_medians:.2f}){target}")


def _write_wav(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(os.urandom(SIZE - 44))


def _saved(name: str, service: Service, sound: Path) -> tuple[float, float, float]:
    """Return the seconds that it took, the process's peak of memory, and how far above the start that was (MiB)."""
    save = _saver(name, service)
    save(io.BytesIO(b"RIFF"))  # connects, and loads what is loaded late
    forget_peak()
    before = memory("VmRSS")
    with sound.open("rb") as file:
        began = time.perf_counter()
        save(file)
        seconds = time.perf_counter() - began
    peak = memory("VmHWM")
    return seconds, peak, peak - before


def _saver(name: str, service: Service) -> Callable[[BinaryIO], object]:
    if name == "bare":
        client = bare_client(service)

        def upload(file: BinaryIO) -> None:
            file.seek(0)
            client.upload_fileobj(file, service.bucket, KEY)

        return upload
    from django.core.files import File

    from generation.storage import save_verified

    storage = our_storage(service)
    if name == "save":
        return lambda file: storage.save(KEY, File(file))
    return lambda file: save_verified(storage, KEY, File(file))
