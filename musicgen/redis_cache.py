"""The cache in Redis, which goes on without it: what Redis cannot be asked, each process knows for itself meanwhile.

Nothing rests on what is kept there, but a site that could not count would answer nobody. So a call that fails, and all
that come while Redis is away, are answered from the memory of this process: rates hold for each process alone, and are
that many times as generous. A call waits half a second at most, and only those that were on their way when Redis went:
after that a thread of its own asks whether it is back.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from musicgen.metrics.names import REDIS_OUTAGES

logger = logging.getLogger(__name__)
ANSWER_SECONDS = 0.5
ASK_AGAIN_SECONDS = 1.0
# In the memory of a process, while Redis is away.
MOST_ENTRIES = 10_000
FAILURES = (RedisError, OSError)
CHECKED = "musicgen-answers"
MEMORY = "redis-outage"


def connection_options() -> dict[str, Any]:
    """How Redis is spoken to: nobody waits for long, and nothing is asked twice."""
    return {
        "socket_connect_timeout": ANSWER_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def check(url: str) -> None:
    """See whether Redis answers and can be written to. Raises one of FAILURES, within a second as a rule."""
    with Redis.from_url(url, **connection_options()) as client:
        client.set(CHECKED, 1, ex=10)


class Outage:
    """Whether the Redis at one address is away, for all threads of this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self.is_on = False

    def begin(self, error: Exception) -> None:
        """Note that a call failed, and have a thread find out when Redis is back. Said once for each outage."""
        with self._lock:
            if self.is_on:
                return
            LocMemCache(MEMORY, {}).clear()  # what was known in the last one
            self.is_on = True
        REDIS_OUTAGES.add()
        # Without the address: that of a Redis may hold its password.
        logger.warning(
            "Redis cannot be used (%s): until it can, this process counts for itself", type(error).__name__
        )
        threading.Thread(target=self._wait, name="redis-outage", daemon=True).start()

    def start_anew(self) -> None:
        """In a child after a fork, which lacks the thread that waits."""
        self._lock = threading.Lock()
        self.is_on = False

    def _wait(self) -> None:
        while True:
            time.sleep(ASK_AGAIN_SECONDS)
            try:
                check(self._url)
            except FAILURES:
                continue
            except Exception:
                logger.exception("Redis cannot be asked")
                continue
            self.is_on = False
            logger.info("Redis answers again")
            return


_outages: dict[str, Outage] = {}


def outage_of(url: str) -> Outage:
    """The one of this process for an address."""
    return _outages.setdefault(url, Outage(url))


def _start_anew() -> None:
    for outage in _outages.values():
        outage.start_anew()


os.register_at_fork(after_in_child=_start_anew)


def _either(name: str) -> Callable[..., Any]:
    """A method that asks Redis, and where that fails or is away the memory of this process."""
    in_redis, in_memory = getattr(RedisCache, name), getattr(LocMemCache, name)

    def method(self: "PatientRedisCache", *args: Any, **kwargs: Any) -> Any:
        outage = self.outage
        if not outage.is_on:
            try:
                return in_redis(self, *args, **kwargs)
            except FAILURES as error:
                outage.begin(error)
        return in_memory(self.memory, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = in_redis.__doc__
    return method


class PatientRedisCache(RedisCache):
    """Django's cache in Redis, and in its place the memory of this process while Redis is away.

    Of each outage the memory begins empty, and it holds MOST_ENTRIES at most.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**connection_options(), **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self.outage = outage_of(server)
        self.memory = LocMemCache(MEMORY, {**params, "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}})

    add = _either("add")
    get = _either("get")
    set = _either("set")
    touch = _either("touch")
    delete = _either("delete")
    get_many = _either("get_many")
    has_key = _either("has_key")
    incr = _either("incr")
    set_many = _either("set_many")
    delete_many = _either("delete_many")
    clear = _either("clear")
