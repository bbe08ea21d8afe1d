"""Collecting from a remote engine what a call of one song has made."""

from generation.engines.base import Music, Pending, RemoteEngine


def collected(engine: RemoteEngine, call_id: str, timeout: float) -> Music | Pending:
    """The song of a call that makes one. Raises what the engine raises, and what its song does."""
    result = engine.collect(call_id, timeout)
    if isinstance(result, Pending):
        return result
    [song] = result
    return song()
