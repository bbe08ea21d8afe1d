"""Freed memory goes back to the system."""

import platform
from pathlib import Path

import pytest

from musicgen.freed_memory import give_back_freed_memory

BLOCKS, BLOCK = 400, 100_000


def own_pages() -> int:
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    return int(resident) - int(shared)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="Others give back by themselves, or cannot")
def test_what_is_freed_between_what_stays_is_given_back():
    blocks = [b"%d" % number * (BLOCK // 3) for number in range(100, 100 + BLOCKS)]
    kept = blocks[::50]
    held = own_pages()
    del blocks
    give_back_freed_memory()
    freed = (held - own_pages()) * 4096
    assert freed > 0.8 * (BLOCKS - len(kept)) * BLOCK
