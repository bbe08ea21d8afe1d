"""What shows of keys and of certificates to trust before any request is made."""

import ssl
from urllib.parse import urlsplit

from generation.storage import S3AudioStorage
from generation.storage.hints import hint_for
from generation.storage.key_characters import odd_character

from .steps import Outcome, failed, ok


def check_keys(storage: S3AudioStorage) -> Outcome:
    """Find what cannot be in a key: it was copied over two lines, or with something from around it."""
    given = {"STORAGE_ACCESS_KEY_ID": storage.access_key, "STORAGE_SECRET_ACCESS_KEY": storage.secret_key}
    for name, value in given.items():
        found = odd_character(value or "")
        if found:
            return failed(f"{name} has {found} inside", hint_for("bad_key"))
    return ok("those of the platform" if not storage.access_key else "")


def check_bundle(endpoint_url: str | None, path: str | None) -> Outcome:
    """Look whether there are certificates in the file that AWS_CA_BUNDLE names."""
    if path is None or urlsplit(endpoint_url or "https:").scheme == "http":
        return ok()
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return failed(
            f"AWS_CA_BUNDLE names {path}, in which there is no certificate", hint_for("bad_ca_bundle")
        )
    except OSError as error:
        return failed(f"AWS_CA_BUNDLE names {path} ({error.strerror})", hint_for("bad_ca_bundle"))
    return ok(path)
