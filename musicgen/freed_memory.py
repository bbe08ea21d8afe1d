"""Freed memory goes back to the system, where the C library would keep it for what it may be asked for next."""

import ctypes


def give_back_freed_memory() -> None:
    """Give back all whole pages that are free, in some milliseconds (glibc; elsewhere this does nothing)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
