"""Configuration that cannot work, found at the start instead of at the first track."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from generation.diffusion.catalog import MODELS
from generation.engines.blocklist import BlocklistError, read
from generation.storage.expiry import DEFAULT_EXPIRE
from generation.storage.key_characters import odd_character

# The tag of the checks of this file.
OWN = "generation"
_STORAGE_DEFAULTS: dict[str, str | int] = {
    "STORAGE_ENDPOINT_URL": "",
    "STORAGE_ACCESS_KEY_ID": "",
    "STORAGE_SECRET_ACCESS_KEY": "",
    "STORAGE_REGION": "",
    "STORAGE_URL_EXPIRE_SECONDS": DEFAULT_EXPIRE,
}


@register(OWN)
def storage_settings_complete(**kwargs: Any) -> list[CheckMessage]:
    """E001: something of a bucket is configured, but no bucket."""
    named = [name for name, default in _STORAGE_DEFAULTS.items() if getattr(settings, name) != default]
    if settings.STORAGE_BUCKET_NAME or not named:
        return []
    return [
        Error(
            f"{', '.join(named)} is set without STORAGE_BUCKET_NAME, so audio would go to local files.",
            hint=f"Set STORAGE_BUCKET_NAME to store audio in that bucket, or unset {', '.join(named)}.",
            id="generation.E001",
        )
    ]


@register(OWN)
def storage_keys_paired(**kwargs: Any) -> list[CheckMessage]:
    """E002: one half of the bucket's keys."""
    key, secret = settings.STORAGE_ACCESS_KEY_ID, settings.STORAGE_SECRET_ACCESS_KEY
    if bool(key) == bool(secret):
        return []
    there, missing = "STORAGE_ACCESS_KEY_ID", "STORAGE_SECRET_ACCESS_KEY"
    if secret:
        there, missing = missing, there
    return [
        Error(
            f"{there} is set without {missing}.",
            hint="Set both, or unset both to use the credentials of the platform.",
            id="generation.E002",
        )
    ]


@register(OWN)
def storage_keys_in_one_piece(**kwargs: Any) -> list[CheckMessage]:
    """E004: a key that was copied over two lines, or with something from around it."""
    return [
        Error(
            f"{name} has {found} inside, which is in no key.",
            hint="Copy it again, in one line and without blanks.",
            id="generation.E004",
        )
        for name in ("STORAGE_ACCESS_KEY_ID", "STORAGE_SECRET_ACCESS_KEY")
        if (found := odd_character(getattr(settings, name)))
    ]


@register(OWN)
def storage_endpoint_is_url(**kwargs: Any) -> list[CheckMessage]:
    """E003: an endpoint that is no address of a service."""
    endpoint, bucket = settings.STORAGE_ENDPOINT_URL, settings.STORAGE_BUCKET_NAME
    if not endpoint:
        return []
    if not _is_http_url(endpoint):
        return [
            Error(
                f"STORAGE_ENDPOINT_URL is not an http or https address: {endpoint!r}.",
                hint="Give the whole address, such as https://ACCOUNT.r2.cloudflarestorage.com.",
                id="generation.E003",
            )
        ]
    if bucket and urlsplit(endpoint).path.rstrip("/").endswith(f"/{bucket}"):
        return [
            Error(
                f"STORAGE_ENDPOINT_URL ends with the bucket's name: {endpoint!r}.",
                hint=f"Leave /{bucket} away: STORAGE_BUCKET_NAME says it already.",
                id="generation.E003",
            )
        ]
    return []


@register(OWN)
def engine_exists(**kwargs: Any) -> list[CheckMessage]:
    """E005: a default engine that is not configured."""
    if settings.GENERATION_ENGINE in settings.ENGINES:
        return []
    return [
        Error(
            f"GENERATION_ENGINE names {settings.GENERATION_ENGINE!r}, which is no configured engine.",
            hint=f"Use one of: {', '.join(settings.ENGINES)}."
            + (
                " For “modal” set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET."
                if settings.GENERATION_ENGINE == "modal"
                else ""
            ),
            id="generation.E005",
        )
    ]


@register(OWN)
def modal_token_complete(**kwargs: Any) -> list[CheckMessage]:
    """E008: one half of Modal's token."""
    token_id, secret = settings.MODAL_TOKEN_ID, settings.MODAL_TOKEN_SECRET
    if bool(token_id) == bool(secret):
        return []
    there, missing = "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"
    if secret:
        there, missing = missing, there
    return [
        Error(
            f"{there} is set without {missing}, so there is no engine at Modal.",
            hint="Set both (“modal token new” makes them), or unset both.",
            id="generation.E008",
        )
    ]


@register(OWN)
def modal_model_known(**kwargs: Any) -> list[CheckMessage]:
    """E009: a model that the app at Modal cannot run."""
    if settings.MODAL_MODEL in MODELS:
        return []
    return [
        Error(
            f"MODAL_MODEL names {settings.MODAL_MODEL!r}, which is no known model.",
            hint=f"Use one of: {', '.join(MODELS)}.",
            id="generation.E009",
        )
    ]


@register(OWN)
def own_gpu_works(**kwargs: Any) -> list[CheckMessage]:
    """E010 and E011: a model of one's own that could never be run."""
    if not settings.DIFFUSION_MODEL:
        return []
    if settings.DIFFUSION_MODEL not in MODELS:
        return [
            Error(
                f"DIFFUSION_MODEL names {settings.DIFFUSION_MODEL!r}, which is no known model.",
                hint=f"Use one of: {', '.join(MODELS)}.",
                id="generation.E010",
            )
        ]
    missing = [name for name in ("torch", "diffusers", "transformers") if find_spec(name) is None]
    if not missing:
        return []
    return [
        Error(
            f"DIFFUSION_MODEL is set, but {' and '.join(missing)} cannot be imported.",
            hint="Run “pip install -r requirements-gpu.txt”, or unset DIFFUSION_MODEL.",
            id="generation.E011",
        )
    ]


@register(OWN)
def workers_work(**kwargs: Any) -> list[CheckMessage]:
    """E006: a worker that would never take a job."""
    if settings.GENERATION_WORKERS >= 1:
        return []
    return [
        Error(
            f"GENERATION_WORKERS is {settings.GENERATION_WORKERS}, so no job would ever be taken.",
            hint="Set it to 1 or more; leave it unset for 2.",
            id="generation.E006",
        )
    ]


@register(OWN)
def folders_writable(**kwargs: Any) -> list[CheckMessage]:
    """E007: a folder that this configuration writes to, and cannot."""
    return [
        Error(
            f"The folder {folder} cannot be written.",
            hint="Give the user that runs this site permission to write there.",
            id="generation.E007",
        )
        for folder in _folders_written()
        if not _can_be_written(folder)
    ]


@register(OWN)
def blocklist_readable(**kwargs: Any) -> list[CheckMessage]:
    """E012: a list of blocked words that cannot be used."""
    if settings.PROMPT_BLOCKLIST is None:
        return []
    try:
        read(settings.PROMPT_BLOCKLIST)
    except BlocklistError as error:
        hint = "PROMPT_BLOCKLIST names a text file in UTF-8 with one word or phrase a line. Unset, nothing is blocked."
        return [Error(str(error), hint=hint, id="generation.E012")]
    return []


def _is_http_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # what no address has: a port out of range, an open bracket
        return False


def _folders_written() -> Iterator[Path]:
    if not settings.STORAGE_BUCKET_NAME:
        yield Path(settings.AUDIO_ROOT)
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3" and not str(database["NAME"]).startswith(
        (":memory:", "file:")
    ):
        yield Path(database["NAME"]).parent


def _can_be_written(folder: Path) -> bool:
    """Whether files can be made in the folder, or the folder itself where it is not there yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(
        folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
    )
