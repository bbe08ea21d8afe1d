"""What the queue calls: thin, each takes an id."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from generation import job_cleanup
from generation.archives import making
from generation.archives import purging as archive_purging
from generation.engines.base import EngineError
from generation.models import Track
from generation.queue import messages
from generation.retention import warning_mail
from generation.storage import StorageError
from generation.tracks import expiring, purging, renditions
from generation.tracks.rendition_requests import note_end, note_failure
from generation.tracks.scores import NoScore
from generation.worker import attempt, drain, side_work
from musicgen.logging import NONE, working_on

logger = logging.getLogger(__name__)
UNEXPECTED = (
    "This format could not be made of the track. The operator of this site finds the reason in the log."
)


def run_job(job_id: str) -> None:
    """Work on the job whose turn it is: the message only says that one more waits."""
    if drain.has_begun():
        messages.wake_for_job(UUID(job_id))  # for another worker
        return
    attempt.run_next()


def clear_leftovers(job_id: str) -> None:
    with working_on(job_id):
        try:
            with _pausing_while_storage_fails():
                job_cleanup.clear(UUID(job_id))
        except (StorageError, EngineError) as error:
            logger.warning("Job %s: what it left behind is still there: %s", job_id, error)


def make_rendition(track_id: str, format_name: str) -> None:
    with working_on(_job_of(track_id)):
        try:
            # Of who is suspended it is asked for again once that is lifted.
            if Track.objects.without_suspended().filter(pk=track_id).exists():
                with _pausing_while_storage_fails():
                    renditions.make_rendition(UUID(track_id), format_name)
            note_end(UUID(track_id), format_name)
        except StorageError as error:
            logger.warning("Track %s is not made into %s yet: %s", track_id, format_name, error)
            note_failure(UUID(track_id), format_name, error.public)
        except NoScore as error:  # this worker's engine is of another version than the page's
            logger.warning("Track %s is not made into %s: %s", track_id, format_name, error)
            note_failure(UUID(track_id), format_name, str(error))
        except Exception:
            note_failure(UUID(track_id), format_name, UNEXPECTED)
            raise


def purge_track(track_id: str) -> None:
    with working_on(_job_of(track_id)):
        purging.purge_if_due(UUID(track_id))


def delete_expired_file(pk: str) -> None:
    try:
        with _pausing_while_storage_fails():
            expiring.delete_claimed(int(pk))
    except StorageError as error:
        logger.warning("A file that was replaced or never finished is still stored: %s", error)


def make_archive(archive_id: str) -> None:
    if drain.has_begun():
        messages.wake_for_archive(UUID(archive_id))  # for another worker
        return
    making.make(UUID(archive_id), should_end=drain.has_begun)


def purge_archive(archive_id: str) -> None:
    archive_purging.purge_if_due(UUID(archive_id))


def warn_of_old_tracks(owner_id: str) -> None:
    warning_mail.send(UUID(owner_id))


@contextmanager
def _pausing_while_storage_fails() -> Iterator[None]:
    """Have side work pause where the storage fails in a way that may pass, and go on where it works."""
    try:
        yield
    except StorageError as error:
        if error.retryable:
            pause = side_work.note_failure()
            logger.warning("Conversions and the like pause for %.0f s: the storage fails", pause)
        raise
    side_work.note_success()


def _job_of(track_id: str) -> object:
    return Track.objects.filter(pk=track_id).values_list("job_id", flat=True).first() or NONE
