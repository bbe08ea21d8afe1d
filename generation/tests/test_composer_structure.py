import pytest

from generation.composer.structure import AS_USUAL, Structure


@pytest.mark.parametrize(
    ("structure", "place", "lift"),
    [
        (Structure(course=("build",)), 0, -0.5),
        (Structure(course=("build",)), 0.425, -0.2),
        (Structure(course=("build",)), 1, 0.1),
        (Structure(course=("wane",)), 0.6, -0.225),
        (Structure(last="quiet"), 0.7, 0),
        (Structure(last="quiet"), 1, -0.45),
        (Structure(course=("build",), last="loud"), 1, 0.3),
        (AS_USUAL, 0.5, 0),
    ],
)
def test_the_energy_follows_the_course(structure, place, lift):
    assert structure.lift_at(place) == pytest.approx(lift)


def test_a_course_is_asked_for_by_its_name_or_by_an_end():
    assert Structure(course=("build",)).course_asked
    assert Structure(last="quiet").course_asked
    assert not Structure(intro="long", sections=("bridge",)).course_asked
