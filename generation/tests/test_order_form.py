"""The form of an order: what it offers for each engine, and where it puts what is wrong."""

import pytest

from generation.engines.composer import ComposerEngine
from generation.web.order_form import OrderForm

MODELS = {"song": "ace-step-1.5-xl-turbo", "short": "musicgen-medium"}


@pytest.fixture(autouse=True)
def engines(settings) -> None:
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}} | {
        alias: {"BACKEND": "generation.engines.diffusion.DiffusionEngine", "OPTIONS": {"model": model}}
        for alias, model in MODELS.items()
    }
    settings.GENERATION_ENGINE = "composer"


def form_of(engine: str, **values: str) -> OrderForm:
    return OrderForm({"prompt": "rain", "duration": "30", "engine": engine} | values)


def test_only_lengths_that_the_engine_can_make_are_offered():
    assert OrderForm(initial={"engine": "composer"}).durations == ["10", "30", "60", "120", "180"]
    assert OrderForm(initial={"engine": "short"}).durations == ["10", "30"]


def test_the_chosen_length_is_one_of_those_offered_or_another():
    assert OrderForm().chosen_duration == "30"
    assert OrderForm(initial={"duration": "60"}).chosen_duration == "60"
    assert OrderForm(initial={"duration": "61"}).chosen_duration == "custom"


def test_lyrics_too_long_to_be_sung_are_told_before_the_order():
    [rushed] = form_of("song", lyrics="la " * 100).notices
    assert rushed == (
        "The lyrics have about 100 words, many for 30 seconds: some may be rushed or left out. Shorten them, or ask "
        "for about 40 seconds."
    )
    assert form_of("song", lyrics="la " * 75).notices == ()
    assert form_of("song", lyrics="la " * 100, duration="60").notices == ()


def test_what_the_engine_will_refuse_is_told_before_the_order_too():
    assert form_of("song", duration="custom", seconds="9").notices == (
        "The duration must be between 10 and 600 seconds.",
    )
    assert form_of("song", instrumental="yes", lyrics="la").notices == (
        "Instrumental music has no lyrics: leave out one of the two.",
    )
    [tempo] = form_of("song", bpm="9999", lyrics="la " * 900).notices
    assert tempo.startswith("The tempo must be between")


def test_a_prompt_that_is_still_to_be_written_keeps_nothing_from_being_told():
    assert (
        form_of("song", lyrics="la " * 100, prompt=" ").notices == form_of("song", lyrics="la " * 100).notices
    )
    assert form_of("composer", prompt="").notices == ()
    assert OrderForm().notices == ()


def test_what_an_engine_has_no_field_for_comes_back_with_one_that_has():
    entered = {"prompt": "rain", "lyrics": "la\nla", "duration": "30"}
    switched = OrderForm(initial=entered | {"engine": "composer"})
    assert [field.name for field in switched.options if field.name == "lyrics"] == []
    assert switched.kept == [("kept_lyrics", "la\nla")]
    back = OrderForm(initial={"prompt": "rain", "engine": "song"} | dict(switched.kept))
    assert (back["lyrics"].value(), back.kept) == ("la\nla", [])


def test_a_new_form_is_for_the_sites_engine_and_asks_for_two_variations_where_that_is_quick():
    form = OrderForm()
    assert (form["variations"].value(), form["engine"].value(), form.alias) == (2, "composer", "composer")
    assert list(form.variation_counts) == [1, 2, 3, 4]
    assert OrderForm(initial={"engine": "song"})["variations"].value() == 1
    assert OrderForm(initial={"variations": "4"})["variations"].value() == "4"


def test_any_other_length_that_is_asked_for_stands_in_its_field():
    form = OrderForm(initial={"duration": "61"})
    assert (form.chosen_duration, form["seconds"].value()) == ("custom", "61")


def test_a_page_without_javascript_begins_at_what_is_wrong():
    for given, wrong in (
        ({"prompt": " "}, "prompt"),
        ({"seed": "x", "title": "t" * 121}, "seed"),
        ({"duration": "custom", "seconds": "4"}, "seconds"),
    ):
        form = form_of("composer", **given)
        assert not form.is_valid()
        assert [name for name in form.fields if "autofocus" in form[name].as_widget()] == [wrong]


def test_other_lengths_and_keys_are_bounded_by_the_engine():
    form = OrderForm(initial={"engine": "short"})
    assert form.fields["seconds"].widget.attrs.items() >= {"min": "5", "max": "30"}.items()
    choices = [value for value, _ in form.fields["key"].widget.choices]
    assert (choices[0], set(choices[1:])) == ("", set(ComposerEngine().capabilities.keys))


def test_time_signatures_are_those_that_some_genre_has_and_each_says_which():
    field = OrderForm()["time_signature"]
    assert [value for value, _ in field.field.widget.choices] == [
        "",
        "4/4",
        "3/4",
        "6/8",
        "12/8",
        "5/4",
        "7/8",
    ]
    assert '<option value="7/8" data-genres="cinematic,funk,rock">7/8</option>' in str(field)
    assert '<option value="" selected>From the prompt</option>' in str(field)
    wrong = form_of("composer", genre="techno", time_signature="3/4")
    assert wrong.errors == {"time_signature": ["The genre “techno” is played in 4/4 here, not in 3/4."]}
    assert wrong.notices == ("The genre “techno” is played in 4/4 here, not in 3/4.",)


def test_without_keys_of_the_engine_any_may_be_written(scripted):
    assert not hasattr(OrderForm().fields["key"].widget, "choices")
    assert OrderForm().genres == []


def test_genres_begin_with_any():
    assert OrderForm().genres[0] == ("", "Any")
    assert ("lofi", "Lo-fi") in OrderForm().genres


@pytest.mark.parametrize(
    ("engine", "shown"),
    [
        ("composer", {"bpm", "key", "time_signature", "seed", "title"}),
        ("song", {"bpm", "key", "seed", "title", "lyrics", "instrumental"}),
        ("short", {"seed", "title"}),
    ],
)
def test_the_options_are_those_that_the_engine_obeys(engine, shown):
    assert {field.name for field in OrderForm(initial={"engine": engine}).options} == shown


def test_the_options_are_open_where_something_is_in_them():
    assert not OrderForm().has_open_options
    assert OrderForm(initial={"seed": 7}).has_open_options
    assert form_of("composer", seed="x").has_open_options


def test_vocals_are_ordered_where_the_engine_sings():
    for chosen, instrumental in (("no", False), ("yes", True), ("", None)):
        form = form_of("song", instrumental=chosen)
        assert form.is_valid()
        assert form.request.instrumental is instrumental


def test_a_message_for_a_field_that_is_not_shown_stands_above_the_form():
    form = form_of("composer", lyrics="la", seed="-1")
    assert form.errors_above == ["Built-in composer cannot honour “lyrics”; leave it out."]
    assert set(form.errors) == {"lyrics", "seed"}


def test_a_field_has_one_message():
    form = form_of("composer", duration="custom", seconds="nan", seed="x")
    assert form.errors["seconds"] == ["Enter a number."]
    assert form.errors["seed"] == ["Enter a whole number."]


def test_what_cannot_be_seen_is_no_prompt_and_no_title():
    form = form_of("composer", prompt="\u200b", title="\u2060\u200b")
    assert form.errors["prompt"] == ["Describe the music in a few words."]
    assert form.errors["title"] == ["Nothing of the title can be seen. Write one, or leave it out."]
    assert form.has_open_options


def test_an_engine_that_is_not_there_is_refused_and_the_page_offers_the_sites_own():
    form = form_of("orchestra")
    assert form.errors["engine"] == ["There is no such engine here. Choose another."]
    assert form.alias == "composer"


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"prompt": ""}, {"engine": "orchestra"}, {"seed": "x"}])
def test_what_is_not_valid_cannot_be_ordered(alice, wrong):
    with pytest.raises(ValueError, match="Only a valid form"):
        OrderForm({"prompt": "rain", "duration": "30"} | wrong).order(alice)
    assert not alice.jobs.exists()
