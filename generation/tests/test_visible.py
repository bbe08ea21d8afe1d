"""Which texts can be seen."""

import pytest

from generation.engines.visible import is_visible


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n\u00a0\u3000\u2028",
        "\u200b",
        "\u200b \u200c\u200d\u200e\u200f\u2060\ufeff",
        "\u00ad\u061c\u180e",
        "\u115f\u1160\u3164\uffa0",
        "\u2800",
        "\ufe0f\u034f",
        "\U000e0041\U000e007f",
        "\x00\x1b\x7f",
    ],
)
def test_spaces_controls_and_fillers_alone_cannot_be_seen(text):
    assert not is_visible(text)


@pytest.mark.parametrize(
    "text",
    ["x", "\u200bx", "…", "7", "☔", "👩\u200d🎤", "雨", "می\u200cخواهم", "e\u0301", "\u0301"],
)
def test_anything_else_beside_them_can(text):
    assert is_visible(text)
