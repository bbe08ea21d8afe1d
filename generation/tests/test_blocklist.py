"""The operator's list of blocked words: how they are found, on which ways they are refused, and its file."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import User
from generation import checks, jobs
from generation.engines import blocklist
from generation.engines.blocklist import Blocked, Blocklist
from generation.engines.request import MusicRequest
from generation.models import Job, Track
from generation.tests.api_calls import API, client_of, problem, stored_track
from musicgen.tests.commands import manage

pytestmark = pytest.mark.sqlite_is_enough
LINES = "# what nobody may order\nGrobian\nvery rude # both together\nlo-fi\nпривет\nくそ\nÖdön\n"


@pytest.fixture
def words(settings, tmp_path) -> Path:
    """The file."""
    path = tmp_path / "blocked.txt"
    path.write_text(LINES, "utf-8")
    settings.PROMPT_BLOCKLIST = path
    return path


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a GROBIAN sings",
            "grobian's song",
            "the gro\u200bbian",
            "g.r.o.b.i.a.n",
            "Ｇｒｏｂｉａｎ",
            "gro-bian",
        ),
        *(
            "grob\u0131an".replace("\u0131", "í"),
            "g r o b i a n at dawn",
            "VERY,   rude",
            "very\u00a0-\u2003rude",
        ),
        *("so very rude-ish", "lofi", "Lo fi beats", "ПРИВЕТ!", "あのくそが", "odon", "half-grobian"),
        *(
            "gro\u034fbian",
            "gro\ufe0fbian",
            "gro\u3164bian",
            "gro\u2800bian",
            "gro\0bian",
            "g\u20ddro\u0489bian",
        ),
        *("gro.bian", "gro_bian", "gro–bian", "gro★bian", "g★r★o★b★i★a★n", "very ★ rude", "very\u200brude"),
        *("gro-\nbian", "gro-\r\n  bian", "a g r o b i a n", "I, G R O B I A N"),
    ],
)
def test_words_are_found_however_they_are_written(text):
    assert Blocklist.of(LINES.splitlines()).is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        *("grobians", "very nice, rude", "rude, very", "logrobian", "both together", "приветы", "", "…"),
        *("gro bian", "gro\nbian", "gro - bian", "x g r o b i a n"),
    ],
)
def test_parts_of_words_and_of_phrases_are_not(text):
    assert not Blocklist.of(LINES.splitlines()).is_in(text)


@pytest.fixture
def engine(scripted, settings):
    return scripted


def test_an_order_is_refused_on_the_page_at_its_field(engine, words, client, db):
    page = client.post("/", {"prompt": "a Grobian sings", "duration": "10"})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["prompt"]
    assert "does not allow" in page.text
    assert "very rude" not in page.text
    assert "does not allow" in client.post(reverse("order_notices"), {"prompt": "very rude"}).text
    assert not Job.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("prompt", "very rude"), ("title", "very rude"), ("tags", ["calm", "very rude"])]
)
def test_the_api_refuses_it_with_a_code_of_its_own(engine, words, alice, field, value):
    order = {"prompt": "rain", "duration": 1, field: value}
    body = problem(client_of(alice).post(f"{API}/jobs", order), 400, "words_blocked")
    assert [(each["field"], each["code"]) for each in body["errors"]] == [(field, "blocked")]
    assert "grobian" not in str(body).lower()
    assert not Job.objects.exists()


def test_a_list_may_have_signs_that_cannot_be_seen():
    blocked = Blocklist.of("\ufeff# what nobody may order\r\ngro\u200bbian\r\n".splitlines())
    assert blocked.is_in("grobian")
    assert not blocked.is_in("what nobody may order")


@pytest.mark.parametrize("field", ["genre", "lyrics", "negative_prompt"])
def test_so_is_it_in_what_other_engines_are_told(engine, words, field):
    engine.capabilities = replace(engine.capabilities, honours=frozenset({field}))
    with pytest.raises(Blocked) as refused:
        blocklist.checked(engine, replace(MusicRequest("rain", 1.0), **{field: "Very rude"}))
    assert [error.field for error in refused.value.errors] == [field]


def test_nor_is_it_ordered_again_or_given_as_a_title(engine, alices, alice, order, words):
    words.write_text("")
    job, program = order("very rude"), client_of(alice)
    track = stored_track(order())
    words.write_text(LINES, "utf-8")
    jobs.cancel(job=job)
    problem(program.post(f"{API}/jobs/{job.pk}/retry"), 400, "words_blocked")
    problem(program.patch(f"{API}/tracks/{track.pk}", {"title": "Lo-Fi"}), 400, "words_blocked")
    assert "does not allow" in alices.post(reverse("track_rename", args=[track.pk]), {"title": "Lo-Fi"}).text
    assert Track.objects.get().title == "Rain"
    assert Job.objects.count() == 2
    # In a playlist's title, which nobody else sees, they may stand.
    assert program.post(f"{API}/playlists", {"title": "Lo-fi"}).status_code == 201


def test_the_command_refuses_it(engine, words, db):
    with pytest.raises(CommandError, match="does not allow"):
        call_command("generate", "a Grobian sings")
    assert not Job.objects.exists()


def test_a_file_that_changes_is_read_anew_and_one_that_breaks_is_as_it_was(engine, words, alice, caplog):
    def is_refused(prompt: str) -> bool:
        try:
            jobs.submit(owner=alice, request=MusicRequest(prompt, 1.0))
        except Blocked:
            return True
        return False

    assert [is_refused(prompt) for prompt in ("very rude", "polka")] == [True, False]
    words.write_text("polka")
    assert [is_refused(prompt) for prompt in ("very rude", "polka")] == [False, True]
    with caplog.at_level(logging.ERROR):
        words.write_bytes(b"caf\xe9\n")
        assert [is_refused("polka") for _ in range(3)] == [True] * 3
        assert [record.message.count("not UTF-8") for record in caplog.records] == [1]
        words.unlink()
        assert [is_refused("polka") for _ in range(3)] == [True] * 3
        assert ["no such file" in record.message for record in caplog.records] == [False, True]
    words.write_text("waltz")
    assert not is_refused("polka")


def test_where_it_could_never_be_read_nothing_is_ordered(engine, alice, client, settings, tmp_path):
    settings.PROMPT_BLOCKLIST = tmp_path / "not there"
    answer = client_of(alice).post(f"{API}/jobs", {"prompt": "rain", "duration": 1})
    assert problem(answer, 503, "words_unchecked")["retryable"]
    page = client.post("/", {"prompt": "rain", "duration": "10"})
    assert page.status_code == 422
    assert "Orders cannot be checked" in page.text
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "no such file"), (b"caf\xe9", "UTF-8"), (b"# one\n***", "line 2"), (b"ok", "")],
)
def test_the_check_says_what_is_wrong_with_the_file(settings, tmp_path, content, what):
    settings.PROMPT_BLOCKLIST = path = tmp_path / "blocked.txt"
    if content is not None:
        path.write_bytes(content)
    found = [
        (each.id, what in str(each.msg) and str(path) in str(each.msg))
        for each in checks.blocklist_readable()
    ]
    assert found == ([("generation.E012", True)] if what else [])


def test_without_the_setting_nothing_is_blocked(engine, alice, settings):
    assert settings.PROMPT_BLOCKLIST is None
    blocklist.refuse_blocked({"prompt": "very rude"})


def test_a_site_with_a_file_that_is_not_there_does_not_start(tmp_path):
    ended = manage(tmp_path, "check", PROMPT_BLOCKLIST=str(tmp_path / "not there"))
    assert ended.returncode == 1
    assert "generation.E012" in ended.stderr
    assert "one word or phrase a line" in ended.stderr
