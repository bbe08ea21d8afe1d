"""The name that a process shows to `ps` and `pgrep`: what it does in the worker's process group."""

from pathlib import Path

_COMM = Path("/proc/self/comm")


def show_role(role: str) -> None:
    """Be listed as `music-ROLE` from now on (on Linux, which keeps 15 characters)."""
    if _COMM.exists():
        _COMM.write_text(f"music-{role}")
