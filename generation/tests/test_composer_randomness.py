from collections import Counter

from generation.composer.randomness import stream


def test_a_stream_depends_on_every_name_and_on_nothing_else():
    first = [stream(7, "lofi", "melody", "A").random() for _ in range(2)]
    assert first[0] == first[1]
    others = [stream(8, "lofi", "melody", "A"), stream(7, "rock", "melody", "A"), stream(7, "lofi", "melody")]
    assert first[0] not in [other.random() for other in others]


def test_the_numbers_are_those_of_every_machine():
    assert round(stream(1, "tempo").random(), 12) == 0.2607181079


def test_weights_decide_how_often_an_option_is_drawn():
    random = stream(3, "weights")
    drawn = Counter(random.weighted({"often": 3.0, "seldom": 1.0, "never": 0.0}) for _ in range(2000))
    assert 2.5 < drawn["often"] / drawn["seldom"] < 3.6
    assert drawn["never"] == 0


def test_a_bell_keeps_its_spread():
    random = stream(5, "bell")
    numbers = [random.around_zero(0.01) for _ in range(4000)]
    variance = sum(number * number for number in numbers) / len(numbers)
    assert 0.0095 < variance**0.5 < 0.0105
    assert max(map(abs, numbers)) <= 0.03
