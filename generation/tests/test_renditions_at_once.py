"""Two workers make the same rendition at once: its row describes the file that lies there, whichever it is."""

import hashlib

import pytest

from generation.tests.api_calls import finish
from generation.tracks import renditions
from generation.tracks.renditions import make_rendition

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("stores_last", [False, True])
def test_the_row_describes_the_file_that_was_stored_last(scripted, order, monkeypatch, stores_last):
    track = finish(order())
    store = renditions.encode_and_save

    def store_beside_another(*args):
        monkeypatch.setattr(renditions, "encode_and_save", store)
        stored = None if stores_last else store(*args)
        assert make_rendition(track.pk, "opus")
        return stored or store(*args)

    monkeypatch.setattr(renditions, "encode_and_save", store_beside_another)
    rendition = make_rendition(track.pk, "opus")
    with rendition.storage.open(rendition.storage_key) as file:
        content = file.read()
    assert track.renditions.get(format="opus").checksum == hashlib.sha256(content).hexdigest()
    assert rendition.size == len(content)
