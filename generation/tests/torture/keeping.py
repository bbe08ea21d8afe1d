"""What is stored beside what the rows say: one master for each track, what listeners are served, and nothing else."""

import hashlib
from collections import Counter

from generation.models import Job, Rendition, Track
from generation.models.job_states import Status
from generation.storage import audio_storage
from generation.storage.keys import PREFIX
from generation.tests.torture.scale import PATIENCE_SECONDS
from generation.tests.working import wait_until

LOOK_SECONDS = 0.5


def assert_stored_once(jobs: list[Job], kills: int = 0) -> None:
    """Each completed job has one track, whole; no other has any; and nothing lies there that no row names.

    A kill may leave the draft of a file, which is none yet: `prune_audio` takes it away.
    """
    completed = {job.pk for job in jobs if job.status == Status.COMPLETED}
    tracks = Track.objects.kept()
    assert Counter(tracks.values_list("job_id", flat=True)) == dict.fromkeys(completed, 1)
    wait_until(
        lambda: Rendition.objects.kept().count() == len(completed), PATIENCE_SECONDS, every=LOOK_SECONDS
    )
    wait_until(lambda: _stored() == _named(), PATIENCE_SECONDS, every=LOOK_SECONDS)
    assert sum(name.endswith("/master.wav") for name in _stored()) == len(completed)
    assert len(list(audio_storage().unfinished(PREFIX))) <= kills
    for file in (*tracks, *Rendition.objects.kept()):
        with audio_storage().open(file.storage_key) as stored:
            sound = stored.read()
        assert (len(sound), hashlib.sha256(sound).hexdigest()) == (file.size, file.checksum), file.storage_key


def _stored() -> dict[str, int]:
    """The names of what is stored, and the sizes."""
    return {found.name: found.size for found in audio_storage().objects()}


def _named() -> dict[str, int]:
    return {file.storage_key: file.size for file in (*Track.objects.kept(), *Rendition.objects.kept())}
