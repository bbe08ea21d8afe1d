from generation.composer.shade import PLAIN, Shade, blended


def test_no_shades_change_nothing():
    assert blended([]) == blended([PLAIN, PLAIN]) == PLAIN


def test_amounts_add_up_to_their_limits():
    strong = Shade(brightness_db=8, warmth_db=-5, space_db=9, drive=7, wow_cents=9, punch=0.7, density=-0.8)
    assert blended([strong, strong]) == Shade(
        brightness_db=12, warmth_db=-6, space_db=12, drive=9, wow_cents=14, punch=1, density=-1
    )
    assert blended([strong, Shade(brightness_db=-3, density=0.5)]).brightness_db == 5


def test_the_narrowest_band_wins():
    one, other = Shade(top=5000, bottom=100), Shade(top=1500, bottom=420)
    assert blended([one, other, PLAIN]) == Shade(top=1500, bottom=420)


def test_widths_multiply_up_to_a_limit():
    assert blended([Shade(width=1.3), Shade(width=1.3)]).width == 1.3
    assert blended([Shade(width=1.3), Shade(width=0)]).width == 0


def test_what_one_says_holds_for_all():
    assert blended([Shade(clean=True), PLAIN, Shade(fade_in=True), Shade(fade_out=True)]) == Shade(
        clean=True, fade_in=True, fade_out=True
    )
