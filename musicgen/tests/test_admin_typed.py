"""What is typed into a search of the admin is read for what it is."""

from uuid import UUID

import pytest

from musicgen.admin_lists import Typed

ID = UUID("1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d")


@pytest.mark.parametrize(
    "text",
    [str(ID), ID.hex, f" {str(ID).upper()} ", f"Guest {ID}", f"Deleted track {ID.hex}", f"job_id={ID}"],
)
def test_an_id_is_one_however_it_is_written(text):
    typed = Typed.of(text)
    assert typed.ids == (ID, ID)
    assert typed.is_sure


@pytest.mark.parametrize(
    "text", ["1a2b3c4d", "Guest 1a2b3c4d", "1A2B3C4D", "Deleted track 1a2b3c4d", "1a2b3c4d-5e6f"]
)
def test_eight_digits_stand_for_all_ids_that_begin_so(text):
    typed = Typed.of(text)
    assert typed.ids is not None
    assert typed.ids[0] <= ID <= typed.ids[1]
    assert typed.ids[0].hex[:8] == typed.ids[1].hex[:8] == "1a2b3c4d"
    assert not typed.is_sure


@pytest.mark.parametrize(
    "text", ["1a2b3c4", "rainy night", "drums 1a2b3c4d", f"{ID}0", "", "  ", "\0", "夜のドライブ"]
)
def test_what_is_no_id_is_none(text):
    assert Typed.of(text).ids is None


@pytest.mark.parametrize("text", ["Alice@Example.org", " alice@ ", "@example.org"])
def test_an_address_is_read_in_small_letters(text):
    typed = Typed.of(text)
    assert typed.email == text.strip().lower()
    assert typed.is_sure
    assert not typed.is_words


@pytest.mark.parametrize(
    "text", ["fc-01JXYZABCDEF", "5f0c8f0e3a8b4b0f9d6f6a5e7c1d2b3a", "req-12345678", "lullabies"]
)
def test_one_word_may_be_the_id_of_a_request_or_a_call(text):
    assert Typed.of(text).code == text


@pytest.mark.parametrize("text", ["rain", "rainy night", "mail me @ home", "fc 01JXYZABCDEF"])
def test_words_are_nothing_else(text):
    typed = Typed.of(text)
    assert (typed.email, typed.ids) == ("", None)
    assert typed.is_words
    assert not typed.is_sure
