"""How an archive reaches its owner: by a signed URL of the storage it lies on."""

from django.conf import settings

from generation.models import Archive
from generation.storage import content_disposition
from generation.storage.names import content_type_of


def signed_url(archive: Archive) -> str:
    """Sign a URL for a ready archive, to be saved under a name that says what it is. No network is used.

    Raises StorageError where its storage is configured no more.
    """
    parameters = {
        "ResponseContentType": content_type_of(archive.name),
        "ResponseContentDisposition": content_disposition(_title(archive), "zip"),
    }
    return archive.storage.url(
        archive.name, parameters=parameters, expire=settings.STORAGE_URL_EXPIRE_SECONDS
    )


def _title(archive: Archive) -> str:
    if archive.is_everything:
        return f"{settings.SITE_NAME}, all my data, {archive.created_at:%Y-%m-%d}"
    number = len(archive.track_ids)
    what = "1 track" if number == 1 else f"{number} tracks"
    return f"{settings.SITE_NAME}, {what}, {archive.created_at:%Y-%m-%d}"
