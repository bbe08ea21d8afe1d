"""What every variable of the environment changes in the settings, and how the settings are read with each of them."""

import json
import os
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MODAL = "ENGINES.modal.OPTIONS"
DIFFUSION = "ENGINES.diffusion.OPTIONS"
# Which variables were given, for the admin to show.
GIVEN = "VARIABLES_GIVEN"
# So much is set for every row, so that all engines and both storages are there.
BESIDE = {
    "SECRET_KEY": "correct-horse-battery-staple-0123456789-abcdefghijklmnop",
    "STORAGE_BUCKET_NAME": "music",
    "STORAGE_ENDPOINT_URL": "https://s3.example.org",
    "STORAGE_ACCESS_KEY_ID": "id",
    "STORAGE_SECRET_ACCESS_KEY": "secret",
    "MODAL_TOKEN_ID": "ak-1",
    "MODAL_TOKEN_SECRET": "as-1",
    "DIFFUSION_MODEL": "musicgen-medium",
}


@dataclass(frozen=True)
class Change:
    """A variable with a value, and all settings that are then others: "STORAGES.s3.OPTIONS.access_key" and its value.

    `also` are more variables, with which the settings are read before and after; "FOLDER" is a folder of the test.
    """

    variable: str
    value: str
    settings: Mapping[str, Any]
    also: Mapping[str, str] = field(default_factory=dict)


def _same(variable: str, value: Any, given: str = "") -> Change:
    """A variable that changes the setting of its name alone."""
    return Change(variable, given or str(value), {variable: value})


def _quota(variable: str, value: Any) -> Change:
    """A quota of guests alone; what is not named keeps its default."""
    return Change(variable, f"guest:{value}", {f"{variable}.guest": value})


def _bucket(variable: str, value: Any, option: str) -> Change:
    """A variable of the bucket, on which new audio is saved."""
    options = {f"STORAGES.{alias}.OPTIONS.{option}": value for alias in ("s3", "audio")}
    return Change(variable, str(value), {variable: value, **options})


CHANGES = [
    Change(
        "SITE_NAME",
        "Songs",
        {
            "SITE_NAME": "Songs",
            "ACCOUNT_EMAIL_SUBJECT_PREFIX": "[Songs] ",
            "MFA_TOTP_ISSUER": "Songs",
            "SPECTACULAR_SETTINGS.TITLE": "Songs API",
        },
    ),
    _same("DEBUG", True, "on"),
    Change(
        "DEBUG",
        "on",
        {
            "DEBUG": True,
            **dict.fromkeys(
                (
                    *("CSRF_COOKIE_SECURE", "SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT"),
                    *("SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "SECURE_REDIRECT_EXEMPT"),
                )
            ),
        },
        also={"ALLOWED_HOSTS": "music.example.org"},
    ),
    Change("PORT", "9000", {"PORT": 9000, "SITE_URL": "http://127.0.0.1:9000"}),
    _same("ALLOWED_HOSTS", ["music.localhost"], "music.localhost"),
    Change(
        "ALLOWED_HOSTS",
        "music.example.org",
        {
            "ALLOWED_HOSTS": ["music.example.org"],
            "IS_PUBLIC": True,
            "SITE_URL": "https://music.example.org",
            "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
            "SECURE_SSL_REDIRECT": True,
            "SECURE_REDIRECT_EXEMPT": ["^healthz$", "^readyz$", "^metrics$"],
            "SECURE_HSTS_SECONDS": 30 * 86_400,
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True,
            "SILENCED_SYSTEM_CHECKS": ["security.W005", "security.W021"],
            "STAFF_MFA_REQUIRED": True,
            "TRUSTED_PROXIES": 1,
            "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
            "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        },
    ),
    _same("CSRF_TRUSTED_ORIGINS", ["https://front.example.org"], "https://front.example.org"),
    _same("SECRET_KEY", "another-key"),
    _same("SECRET_KEY_FALLBACKS", ["one", "two"], "one, two"),
    Change(
        "VAR_DIR",
        "FOLDER/elsewhere",
        {
            "VAR_DIR": "FOLDER/elsewhere",
            "DATABASES.default.NAME": "FOLDER/elsewhere/db.sqlite3",
            "DATABASES.default.TEST.NAME": "FOLDER/elsewhere/test.sqlite3",
            "STATIC_ROOT": "FOLDER/elsewhere/static",
            "AUDIO_ROOT": "FOLDER/elsewhere/audio",
            "STORAGES.local.OPTIONS.location": "FOLDER/elsewhere/audio",
            "STORAGES.default.OPTIONS.location": "FOLDER/elsewhere/files",
            "DIFFUSION_CACHE_DIR": "FOLDER/elsewhere/models",
            f"{DIFFUSION}.cache_dir": "FOLDER/elsewhere/models",
        },
    ),
    _same("STATIC_ROOT", "/srv/static"),
    Change(
        "DATABASE_URL",
        "sqlite:////srv/music.sqlite3",
        {"DATABASES.default.NAME": "/srv/music.sqlite3"},
    ),
    Change(
        "REDIS_URL",
        "redis://cache.example.org:6379/0",
        {
            "REDIS_URL": "redis://cache.example.org:6379/0",
            "CACHES.default.BACKEND": "musicgen.redis_cache.PatientRedisCache",
            "CACHES.default.LOCATION": "redis://cache.example.org:6379/0",
            "CACHES.default.OPTIONS.MAX_ENTRIES": None,
        },
    ),
    _bucket("STORAGE_BUCKET_NAME", "songs", "bucket_name"),
    _bucket("STORAGE_ENDPOINT_URL", "https://r2.example.org", "endpoint_url"),
    _bucket("STORAGE_ACCESS_KEY_ID", "another id", "access_key"),
    _bucket("STORAGE_SECRET_ACCESS_KEY", "another secret", "secret_key"),
    _bucket("STORAGE_REGION", "eu-south-1", "region_name"),
    Change(
        "STORAGE_URL_EXPIRE_SECONDS",
        "90",
        {
            "STORAGE_URL_EXPIRE_SECONDS": 90,
            "STORAGES.local.OPTIONS.expire": 90,
            "STORAGES.s3.OPTIONS.querystring_expire": 90,
            "STORAGES.audio.OPTIONS.querystring_expire": 90,
        },
    ),
    _same("SHARED_URL_EXPIRE_SECONDS", 90),
    _same("MASTER_FORMAT", "flac"),
    _same("GENERATION_ENGINE", "diffusion"),
    Change("GENERATION_WORKERS", "7", {"GENERATION_WORKERS": 7, "Q_CLUSTER.workers": 7}),
    Change("MODAL_TOKEN_ID", "ak-2", {"MODAL_TOKEN_ID": "ak-2", f"{MODAL}.token_id": "ak-2"}),
    Change("MODAL_TOKEN_SECRET", "as-2", {"MODAL_TOKEN_SECRET": "as-2", f"{MODAL}.token_secret": "as-2"}),
    Change(
        "MODAL_ENVIRONMENT", "staging", {"MODAL_ENVIRONMENT": "staging", f"{MODAL}.environment": "staging"}
    ),
    Change("MODAL_APP_NAME", "songs", {"MODAL_APP_NAME": "songs", f"{MODAL}.app_name": "songs"}),
    Change(
        "MODAL_MODEL",
        "minimax-music-3",
        {"MODAL_MODEL": "minimax-music-3", f"{MODAL}.model": "minimax-music-3"},
    ),
    Change(
        "MODAL_GPU_PRICES", "H100=9.5", {"MODAL_GPU_PRICES.H100": "9.5", f"{MODAL}.gpu_prices.H100": "9.5"}
    ),
    Change(
        "DIFFUSION_MODEL",
        "minimax-music-3",
        {"DIFFUSION_MODEL": "minimax-music-3", f"{DIFFUSION}.model": "minimax-music-3"},
    ),
    Change(
        "DIFFUSION_CACHE_DIR",
        "/srv/models",
        {"DIFFUSION_CACHE_DIR": "/srv/models", f"{DIFFUSION}.cache_dir": "/srv/models"},
    ),
    Change("DIFFUSION_DEVICE", "cuda:1", {"DIFFUSION_DEVICE": "cuda:1", f"{DIFFUSION}.device": "cuda:1"}),
    Change("DIFFUSION_PLANNER", "off", {"DIFFUSION_PLANNER": False, f"{DIFFUSION}.planner": False}),
    _same("PROMPT_BLOCKLIST", "/srv/blocked.txt"),
    _same("WORKER_GRACE_SECONDS", 55),
    _same("ARCHIVE_HOURS", 3),
    _same("SIGNUP_OPEN", False, "off"),
    _same("GUESTS_ALLOWED", False, "off"),
    _same("STAFF_MFA_REQUIRED", True, "on"),
    _same("STAFF_SESSION_HOURS", 8),
    Change("TRUSTED_PROXIES", "2", {"TRUSTED_PROXIES": 2, "ALLAUTH_TRUSTED_PROXY_COUNT": 2}),
    _same("API_RATE", "7/min"),
    _same("LONGEST_WAIT", 7),
    _same("EVENT_STREAMS", 7),
    _same("ORDER_RATE", ["7/min"], "7/min"),
    _same("GUEST_RATE", ["7/min"], "7/min"),
    _same("REPORT_RATE", ["7/min"], "7/min"),
    _quota("QUOTA_JOBS_PER_DAY", 7),
    _quota("QUOTA_SECONDS_PER_DAY", 7),
    _quota("QUOTA_QUEUED", 7),
    _quota("QUOTA_RUNNING", 7),
    _quota("QUOTA_STORED_MINUTES", 7),
    _same("SITE_STORED_MINUTES", 7),
    _quota("QUOTA_USD_PER_DAY", "0.07"),
    _same("MODAL_DAILY_BUDGET_USD", "0.07"),
    _quota("QUOTA_ARCHIVES_PER_DAY", 7),
    _quota("QUOTA_ARCHIVES_AT_ONCE", 7),
    Change(
        "EMAIL_URL",
        "smtp+tls://me:se%2Fcret@mail.example.org:587",
        {
            "EMAIL_URL": "smtp+tls://me:se%2Fcret@mail.example.org:587",
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "mail.example.org",
            "EMAIL_PORT": 587,
            "EMAIL_HOST_USER": "me",
            "EMAIL_HOST_PASSWORD": "se/cret",
            "EMAIL_USE_TLS": True,
        },
    ),
    Change("SITE_URL", "https://front.example.org/", {"SITE_URL": "https://front.example.org"}),
    _same("DEFAULT_FROM_EMAIL", "music@example.org"),
    Change("SESSION_DAYS", "30", {"SESSION_DAYS": 30, "SESSION_COOKIE_AGE": 30 * 86_400, "GUEST_DAYS": 65}),
    _same("GUEST_EMPTY_HOURS", 7),
    _same("GUEST_DAYS", 7),
    _same("TRACK_DAYS", 7),
    _same("TRACK_WARNING_DAYS", 7),
    _same("JOB_EVENT_DAYS", 7),
    _same("WEBHOOK_DELIVERY_DAYS", 7),
    _same("IDEMPOTENCY_HOURS", 70),
    _same("WEBHOOK_ALLOWED_NETWORKS", ["10.0.0.0/8"], "10.0.0.0/8"),
    _same("METRICS_TOKEN", "0123456789abcdef"),
    Change(
        "LOG_FORMAT",
        "json",
        {
            "LOG_FORMAT": "json",
            "LOGGING.handlers.console.formatter": "json",
            "EMAIL_BACKEND": "musicgen.printed_mail.JsonLines",
        },
    ),
    Change(
        "LOG_FORMAT",
        "json",
        {"LOG_FORMAT": "json", "LOGGING.handlers.console.formatter": "json"},
        also={"EMAIL_URL": "smtp+tls://mail.example.org:587"},
    ),
    _same("SENTRY_DSN", "https://key@sentry.example.org/1"),
]


def changed_settings(folder: str) -> list[dict[str, Any]]:
    """For each of CHANGES, the settings that are others with its variable than without; None for one that is gone."""
    unchanged = {"VAR_DIR": folder, **BESIDE}
    by_default = _settings(unchanged)
    found = []
    for change in CHANGES:
        others = {**unchanged, **change.also}
        before = _settings(others) if change.also else by_default
        after = _settings(others | {change.variable: change.value.replace("FOLDER", folder)})
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        found.append({name: after.get(name) for name in names})
    return found


def _settings(variables: Mapping[str, str]) -> dict[str, Any]:
    """All settings by their dotted names, as JSON has them, where these variables and no others are set."""
    os.environ.clear()
    os.environ.update(variables)
    module = runpy.run_module("musicgen.settings")
    settings = {name: value for name, value in module.items() if name.isupper() and name != GIVEN}
    return dict(_flat(settings, ""))


def _flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, nested in value.items():
            yield from _flat(nested, f"{prefix}{name}.")
    else:
        yield prefix.rstrip("."), json.loads(json.dumps(value, default=str))
