from generation.composer.reading.matching import Notes, found


def test_whole_words_are_found_once_the_longest_first_in_any_script():
    text = "jazz guitars, a guitar and ロックです; rocking"
    assert found(text, ("guitar", "jazz guitar", "ロック", "rock")) == ["jazz guitar", "guitar", "ロック"]


def test_no_terms_find_nothing():
    assert found("anything", ()) == []


def test_what_a_word_means_is_told_in_one_sentence():
    notes = Notes()
    for meaning in ("Lo-fi", "calmer", "Lo-fi"):
        notes.reason("rainy", meaning)
    assert notes.reasons == ("'rainy' → Lo-fi, calmer",)
