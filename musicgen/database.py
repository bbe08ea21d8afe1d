"""How Django talks to the database, and where what all processes remember together lies: there, or in Redis."""

from pathlib import Path
from typing import Any

SQLITE = "django.db.backends.sqlite3"
# What keeps its writers apart.
_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}
# Without these a connection to a database that has gone away without a word hangs for hours.
_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}


def database_settings(named: dict[str, Any], var_dir: Path) -> dict[str, Any]:
    """An entry of `DATABASES` for the database that DATABASE_URL names."""
    if named["ENGINE"] == SQLITE:
        # A file, not memory: tests have threads and processes that must see the same database.
        return {**named, "OPTIONS": _SQLITE, "TEST": {"NAME": str(var_dir / "test.sqlite3")}}
    return {
        **named,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_POSTGRESQL, **named.get("OPTIONS", {})},
    }


def cache_settings(redis_url: str) -> dict[str, dict[str, Any]]:
    """What `CACHES` is; without Redis the shared one is a table of the database."""
    shared: dict[str, Any] = {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cachedvalue",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
    if redis_url:
        shared = {"BACKEND": "musicgen.redis_cache.PatientRedisCache", "LOCATION": redis_url}
    # The other is for what one process notes for itself: never a reason to wait for the network.
    own = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"}
    return {"default": shared, "process": own}
