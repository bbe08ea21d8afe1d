import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.density import adjusted_chance, thinned, with_density

FOLK = GENRES["folk"]
CAST = {"fx": "", "keys": "main", "lead": "", "bass": "main", "drums": "main", "guitar": "main"}


@pytest.mark.parametrize(
    ("chance", "density", "adjusted"),
    [(0.5, 0, 0.5), (0.5, 1, 1.0), (0.5, 0.5, 0.75), (1.0, 0.5, 1.0), (1.0, -1, 0.5), (0.6, -0.5, 0.45)],
)
def test_a_chance_moves_with_the_density(chance, density, adjusted):
    assert adjusted_chance(chance, density) == pytest.approx(adjusted)


def test_where_much_is_to_play_everybody_is_there_from_the_start():
    full = with_density(FOLK, 0.8)
    assert full.chance == {}
    assert full.quiet_without == ()
    for name, kind in FOLK.sections.items():
        assert full.sections[name].roles == {**kind.roles, **kind.later}


def test_where_little_is_to_play_nobody_joins_sooner_and_notes_get_fewer():
    sparse = with_density(FOLK, -0.8)
    assert sparse.chance == FOLK.chance
    assert sparse.quiet_without == FOLK.quiet_without
    for name, kind in FOLK.sections.items():
        assert sparse.sections[name].roles == kind.roles
        assert sparse.sections[name].density == pytest.approx(0.6 * kind.density)
    assert all(sparse.players[role].density < player.density for role, player in FOLK.players.items())


def test_a_genre_without_a_density_asked_for_is_itself():
    assert with_density(FOLK, 0) is FOLK


def staying(density, lift, asked=()):
    return set(thinned(CAST, GENRES["lofi"], asked, density, lift))


def test_few_are_the_backbone_and_a_build_up_begins_with_the_background():
    assert staying(0, 0) == staying(1, 0.3) == set(CAST)
    assert staying(-1, 0) == {"drums", "bass", "lead"}
    assert staying(0, -0.5) == {"fx", "keys"}


def test_two_play_at_least_and_whoever_was_asked_for_stays():
    assert len(staying(-1, -0.5)) == 2
    assert "guitar" in staying(-1, 0, asked=("guitar",))


def test_the_second_of_a_style_goes_before_the_first_of_any_other():
    cast = {"guitar_left": "main", "guitar_right": "main", "organ": "main"}
    assert set(thinned(cast, GENRES["rock"], (), -1, 0)) == {"guitar_left", "organ"}
