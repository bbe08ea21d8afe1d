"""Where audio lies: in an S3 bucket or a folder of this machine, behind `AudioStorage` and signed URLs."""

from typing import TYPE_CHECKING, Any

from .base import STORAGE_TYPES, AudioStorage, Stat, audio_storage, configured_storages, storage_of
from .cancellable import save_cancellable
from .cancellation import Abandoned, Cancellation, retry_storing
from .disposition import content_disposition
from .errors import NotSupported, StorageError
from .listing import StoredObject, Unfinished
from .local import LocalAudioStorage
from .verified import Damaged, StoredFile, save_verified

if TYPE_CHECKING:
    from .s3 import S3AudioStorage

__all__ = [
    "STORAGE_TYPES",
    "Abandoned",
    "AudioStorage",
    "Cancellation",
    "Damaged",
    "LocalAudioStorage",
    "NotSupported",
    "S3AudioStorage",
    "Stat",
    "StorageError",
    "StoredFile",
    "StoredObject",
    "Unfinished",
    "audio_storage",
    "configured_storages",
    "content_disposition",
    "retry_storing",
    "save_cancellable",
    "save_verified",
    "storage_of",
]


def __getattr__(name: str) -> Any:
    # boto3 takes time and memory to import, which a site on local files need not pay.
    if name == "S3AudioStorage":
        from .s3 import S3AudioStorage

        return S3AudioStorage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
