"""The pieces that anybody may hear: made once, on demand, for all, and counted for nobody."""

import pytest
from django.core.cache import caches
from django.test import Client

from accounts.models import User
from generation import jobs
from generation.models import Job, Track, Worker
from generation.models.job_states import Status
from generation.templatetags.music import draw_cover
from generation.tests.api_calls import finish
from generation.tests.web_pages import text_of
from generation.web import demonstrations
from generation.web.demonstrations import OWNER_ID, PIECES

HTMX = {"HX-Request": "true"}
PIECE = PIECES[0]
ADDRESS = f"/demo/{PIECE.name}"


@pytest.fixture(autouse=True)
def short_pieces(db, monkeypatch) -> None:
    monkeypatch.setattr(demonstrations, "PIECES", tuple(_short(piece) for piece in PIECES))


def _short(piece):
    return demonstrations.Piece(piece.name, piece.title, piece.prompt, piece.genre, piece.seed, duration=5)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def made() -> Track:
    """The first piece, made."""
    return finish(Job.objects.get(owner_id=OWNER_ID))


def test_the_first_visit_offers_them_and_no_later_one(client, alice, order):
    assert [shown.piece.name for shown in client.get("/").context["demonstrations"]] == [
        piece.name for piece in PIECES
    ]
    order(duration=5.0)
    client.force_login(alice)
    assert "demonstrations" not in client.get("/").context


def test_the_first_press_has_one_made_and_everybody_hears_it_from_then_on(client, alice):
    assert "Composed when you press play" in text_of(client.get(ADDRESS))
    assert client.post(ADDRESS)["Location"] == ADDRESS
    track = made()
    caches["process"].clear()
    for visitor in (Client(), logged_in(alice)):
        assert f'data-play="{track.pk}"' in visitor.get("/").text
        assert visitor.post(ADDRESS, headers=HTMX).text.count(f'data-src="{ADDRESS}/audio"') == 1
        audio = visitor.get(f"{ADDRESS}/audio")
        assert (audio.status_code, visitor.get(audio["Location"]).status_code) == (302, 200)
        assert "no-store" in audio["Cache-Control"]
        signed = visitor.get(f"{ADDRESS}/audio", headers={"Accept": "application/json"}).json()
        assert visitor.get(signed["url"]).status_code == 200
    assert Job.objects.count() == 1


def test_pressing_again_while_it_is_made_orders_nothing_more(client):
    for _ in range(3):
        client.post(ADDRESS)
    demonstrations.order(demonstrations.PIECES[0])
    assert Job.objects.count() == 1


def test_one_that_failed_or_was_deleted_is_made_anew(client):
    client.post(ADDRESS)
    jobs.delete_track(track=made())
    assert "Composed when you press play" in text_of(client.get(ADDRESS))
    client.post(ADDRESS)
    jobs.cancel(job=Job.objects.get(status=Status.QUEUED))
    assert "It could not be made. Press play to try again." in text_of(client.get(ADDRESS))
    client.post(ADDRESS)
    assert Job.objects.filter(status=Status.QUEUED).count() == 1


def test_nobody_can_be_its_owner_and_no_visitor_has_it_among_their_own(client, alice):
    client.post(ADDRESS)
    track, job = made(), Job.objects.get()
    owner = User.objects.get(pk=OWNER_ID)
    assert not owner.is_active
    assert not owner.has_usable_password()
    for address in (f"/tracks/{track.pk}/", f"/tracks/{track.pk}/delete", f"/jobs/{job.pk}/"):
        assert client.get(address).status_code == 404
        assert logged_in(alice).get(address).status_code == 404
    assert logged_in(alice).get("/library/").context["page"].cards == []
    assert User.objects.filter(is_guest=True).get() == owner, "hearing makes nobody"


def test_its_cover_is_the_same_before_and_after_it_is_made_and_has_the_colours_of_its_key(client):
    before = client.get(ADDRESS).text
    client.post(ADDRESS)
    track = made()
    cover = draw_cover(PIECE.genre, PIECE.seed, track.key)
    assert cover != draw_cover(PIECE.genre, PIECE.seed)
    assert cover in before
    assert cover in client.get(ADDRESS).text


def test_its_page_asks_again_only_while_it_is_made_and_is_told_only_what_is_new(client):
    client.post(ADDRESS)
    seen = client.get(ADDRESS).context["shown"].live.token
    assert client.get(f"{ADDRESS}?seen={seen}", headers=HTMX).status_code == 204
    made()
    answer = client.get(f"{ADDRESS}?seen={seen}", headers=HTMX)
    assert f"{PIECE.title} is ready." in answer["HX-Trigger"]
    assert "hx-trigger" not in answer.text


def test_without_a_worker_it_says_so(client):
    client.post(ADDRESS)
    assert "Waiting until a worker runs" in text_of(client.get(ADDRESS))
    Worker.objects.create(host="here", pid=1, slots=2)
    words = text_of(client.get(ADDRESS))
    assert "Next in line" in words
    assert "Waiting until a worker runs" not in words


def test_where_it_cannot_be_ordered_it_says_so(client, settings, alice):
    settings.QUOTA_JOBS_PER_DAY = settings.QUOTA_JOBS_PER_DAY | {"guest": 0}
    assert "cannot be made at the moment" in text_of(client.post(ADDRESS))
    settings.QUOTA_JOBS_PER_DAY = settings.QUOTA_JOBS_PER_DAY | {"guest": None}
    User.objects.get(pk=OWNER_ID).close()
    assert "cannot be made at the moment" in text_of(client.post(ADDRESS))
    settings.ORDER_RATE = ["0/min"]
    assert "Too many orders" in text_of(client.post(ADDRESS))
    assert not Job.objects.exists()


def test_where_its_words_are_blocked_it_says_so(client, settings, tmp_path):
    settings.PROMPT_BLOCKLIST = tmp_path / "blocked.txt"
    settings.PROMPT_BLOCKLIST.write_text(PIECE.prompt)
    assert "cannot be made at the moment" in text_of(client.post(ADDRESS))
    assert not Job.objects.exists()


def test_without_the_composer_there_are_none(client, scripted):
    assert client.get("/").context["demonstrations"] == []
    assert client.get(ADDRESS).status_code == client.post(ADDRESS).status_code == 404


def test_no_other_piece_and_none_that_is_not_made_can_be_heard(client):
    assert client.get("/demo/opera").status_code == 404
    assert client.get(f"{ADDRESS}/audio").status_code == 404
