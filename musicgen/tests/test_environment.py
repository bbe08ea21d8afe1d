"""Values read from the environment, and what is said of wrong ones."""

from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from musicgen.environment import Environment


def test_values_have_their_type():
    env = Environment({"PORT": "81", "DEBUG": "On", "HOSTS": " a.example , b.example,", "NAME": " $x "})
    assert env.number("PORT", 80) == 81
    assert env.switch("DEBUG", False) is True
    assert env.names("HOSTS", ()) == ["a.example", "b.example"]
    assert env.text("NAME", "") == "$x"


def test_an_empty_variable_counts_as_unset():
    env = Environment({"PORT": "", "DEBUG": " ", "HOSTS": "", "NAME": "", "MAIL": "", "DB": ""})
    assert (env.number("PORT", 80), env.switch("DEBUG", True), env.text("NAME", "x")) == (80, True, "x")
    assert env.names("HOSTS", ("a.example",)) == ["a.example"]
    assert env.mail("MAIL", "consolemail://")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert env.database("DB", "sqlite:////x.sqlite3")["NAME"] == "/x.sqlite3"


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        ("number", "many", "X must be a whole number, not 'many'."),
        ("switch", "perhaps", "X must be “on” or “off”, not 'perhaps'."),
        ("database", "oracle9://u:secret@h/d", "X cannot be read. Write it like postgresql://"),
        ("database", "nonsense", "X cannot be read. Write it like postgresql://"),
        ("mail", "pigeon://u:secret@h", "X cannot be read. Write it like smtp+tls://"),
        ("mail", "smtp://u:secret@h:port", "X cannot be read. Write it like smtp+tls://"),
    ],
)
def test_a_wrong_value_is_told_without_its_secrets(read, value, sentence):
    with pytest.raises(ImproperlyConfigured) as error:
        getattr(Environment({"X": value}), read)("X", "1")
    assert str(error.value).startswith(sentence)
    assert "secret" not in str(error.value)


def test_prices_named_change_the_defaults():
    env = Environment({"PRICES": "H100=0.002, B200 = 0.0041"})
    assert env.prices("PRICES", {"T4": "0.000164", "H100": "0.001097"}) == {
        "T4": Decimal("0.000164"),
        "H100": Decimal("0.002"),
        "B200": Decimal("0.0041"),
    }


@pytest.mark.parametrize("value", ["H100", "=0.1", "H100=cheap", "H100=-1", "H100=NaN"])
def test_a_price_that_is_none(value):
    with pytest.raises(ImproperlyConfigured, match="PRICES must be US dollars such as"):
        Environment({"PRICES": value}).prices("PRICES", {})
