"""Values read from the environment, and what is said of wrong ones."""

import math
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.throttling import SimpleRateThrottle

from musicgen.environment import Environment, is_loopback, site_url


def test_values_have_their_type():
    env = Environment({"PORT": "81", "DEBUG": "On", "HOSTS": " a.example , b.example,", "NAME": " $x "})
    assert env.number("PORT", 80) == 81
    assert env.switch("DEBUG", False) is True
    assert env.names("HOSTS", ()) == ["a.example", "b.example"]
    assert env.text("NAME", "") == "$x"


@pytest.mark.parametrize("edge", [1, 9])
def test_a_number_may_be_as_small_and_as_large_as_its_bounds(edge):
    assert Environment({"X": str(edge)}).number("X", 5, least=1, most=9) == edge


@pytest.mark.parametrize(
    ("number", "most", "span"), [(0, 9, "from 1 to 9"), (10, 9, "from 1 to 9"), (0, math.inf, "at least 1")]
)
def test_a_number_out_of_its_bounds_is_reported(number, most, span):
    with pytest.raises(ImproperlyConfigured, match=rf"^X must be {span}, not {number}\.$"):
        Environment({"X": str(number)}).number("X", 5, least=1, most=most)


def test_a_choice_is_one_of_a_few():
    assert Environment({}).choice("X", "a", among=("a", "b")) == "a"
    assert Environment({"X": "b"}).choice("X", "a", among=("a", "b")) == "b"
    with pytest.raises(ImproperlyConfigured, match=r"^X must be one of a, b, not 'c'\.$"):
        Environment({"X": "c"}).choice("X", "a", among=("a", "b"))


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
        ("database", "postgresql://u:secret/1@h/d", "X cannot be read. Write it like postgresql://"),
        ("redis", "redis://:secret/1@h:6379", "X cannot be read. Write it like redis://"),
        ("mail", "pigeon://u:secret@h", "X cannot be read. Write it like smtp+tls://"),
        ("mail", "smtp://u:secret@h:port", "X cannot be read. Write it like smtp+tls://"),
        ("redis", "u:secret@h:6379", "X cannot be read. Write it like redis://"),
        ("redis", "https://u:secret@h", "X cannot be read. Write it like redis://"),
        ("rate", "lots", "X must be a rate such as “1200/min”, not 'lots'."),
        ("rate", "10/year", "X must be a rate such as “1200/min”, not '10/year'."),
        ("rate", "ten/min", "X must be a rate such as “1200/min”, not 'ten/min'."),
        ("rate", "10", "X must be a rate such as “1200/min”, not '10'."),
        ("rate", "0/min", "X must be at least 1 in its time, not '0/min', which lets nobody in."),
        ("rates", "5/min,00/hour", "X must be at least 1 in its time, not '00/hour', which lets nobody in."),
    ],
)
def test_a_wrong_value_is_reported_without_its_secrets(read, value, sentence):
    with pytest.raises(ImproperlyConfigured) as error:
        getattr(Environment({"X": value}), read)("X", "1")
    assert str(error.value).startswith(sentence)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["redis://:pw@h:6379/0", "rediss://h:6379", "unix:///run/redis.sock", "redis://a,redis://b"]
)
def test_a_redis_that_the_cache_understands(url):
    assert Environment({"X": url}).redis("X", "") == url
    assert Environment({"X": ""}).redis("X", "") == ""


@pytest.mark.parametrize("rate", ["5/sec", "1200/min", "7/hour", "900/day", "3/m"])
def test_a_rate_that_the_api_understands(rate):
    assert Environment({"X": rate}).rate("X", "1/s") == rate
    assert SimpleRateThrottle.parse_rate(None, rate)[0] == int(rate.split("/")[0])


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("on", True), ("1", True), ("YES", True), ("off", False), ("0", False), ("No", False)],
)
def test_a_switch_may_be_written_in_several_ways(value, is_on):
    assert Environment({"X": value}).switch("X", not is_on) is is_on


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("music.localhost", True),
        ("127.1.2.3", True),
        ("[::1]", True),
        ("10.0.0.1", False),
        ("[2001:db8::1]", False),
        ("music.example.org", False),
        ("localhost.example.org", False),
        ("notlocalhost", False),
        (".localhost.example.org", False),
        ("*", False),
    ],
)
def test_hosts_that_only_this_machine_reaches(host, answer):
    assert is_loopback(host) is answer


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


@pytest.mark.parametrize(
    ("given", "rates"),
    [("", ["60/min", "600/hour"]), ("none", []), ("5/s", ["5/s"]), ("5/min, 9/day", ["5/min", "9/day"])],
)
def test_rates_hold_beside_each_other(given, rates):
    assert Environment({"X": given}).rates("X", "60/min,600/hour") == rates


@pytest.mark.parametrize("given", ["lots", "5", "5/min,none", "5/fortnight", "-1/min"])
def test_rates_that_are_none_are_reported(given):
    with pytest.raises(
        ImproperlyConfigured, match=r"^X must be rates such as “60/min,600/hour”, or “none”, not "
    ):
        Environment({"X": given}).rates("X", "60/min")


@pytest.mark.parametrize(
    ("given", "quota"),
    [
        ("", (4, 50, None)),
        ("guest:7", (7, 50, None)),
        ("user:none, guest:0", (0, None, None)),
        ("staff:1,user:2,guest:3", (3, 2, 1)),
        ("9", (9, 9, 9)),
        ("none", (None, None, None)),
        ("none,guest:2", (2, None, None)),
    ],
)
def test_a_quota_is_for_each_kind_of_user(given, quota):
    read = Environment({"X": given}).quota("X", "guest:4,user:50,staff:none")
    assert read == dict(zip(("guest", "user", "staff"), quota, strict=True))


@pytest.mark.parametrize(
    "given", ["many", "guest", "guest:", "guest:-1", "guest:1.5", "robot:4", ":4", "guest=4"]
)
def test_a_quota_that_is_none_is_reported(given):
    with pytest.raises(
        ImproperlyConfigured, match=r"^X must be amounts such as “guest:4,user:50,staff:none”"
    ):
        Environment({"X": given}).quota("X", "guest:4,user:50,staff:none")


def test_a_quota_below_what_makes_sense_is_reported():
    with pytest.raises(ImproperlyConfigured, match=r"^X must be at least 1, or “none”, not 'user:0'\.$"):
        Environment({"X": "user:0"}).quota("X", "guest:4,user:50,staff:none", least=1)


def test_networks_stand_between_commas():
    env = Environment({"NETWORKS": "10.0.0.0/8, fd00::/8,127.0.0.1"})
    assert [str(network) for network in env.networks("NETWORKS")] == [
        "10.0.0.0/8",
        "fd00::/8",
        "127.0.0.1/32",
    ]
    assert Environment({}).networks("NETWORKS") == []


@pytest.mark.parametrize("value", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/8 fd00::/8"])
def test_a_network_that_is_none(value):
    with pytest.raises(ImproperlyConfigured, match="NETWORKS must be networks such as"):
        Environment({"NETWORKS": value}).networks("NETWORKS")


def test_a_number_or_none():
    assert Environment({}).number_or_none("X", 24) == 24
    assert Environment({}).number_or_none("X", None) is None
    assert Environment({"X": "none"}).number_or_none("X", 24) is None
    assert Environment({"X": "1"}).number_or_none("X", 24, least=1) == 1


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many"])
def test_what_is_neither_is_reported(value):
    with pytest.raises(
        ImproperlyConfigured, match=r"^X must be a whole number, at least 1, or “none”, not '"
    ):
        Environment({"X": value}).number_or_none("X", 24, least=1)


def test_dollars_are_exact():
    env = Environment({"X": "2.10", "Y": "guest:0.1,user:none", "Z": "3"})
    assert env.dollars("X") == Decimal("2.10")
    assert env.dollars("UNSET") is None
    assert env.dollar_quota("Y", "guest:none,user:1,staff:2.5") == {
        "guest": Decimal("0.1"),
        "user": None,
        "staff": Decimal("2.5"),
    }
    assert env.dollar_quota("Z", "guest:none,user:none,staff:none")["staff"] == Decimal(3)
    with pytest.raises(
        ImproperlyConfigured, match=r"^X must be US dollars such as “2\.50”, or “none”, not 'lots'\.$"
    ):
        Environment({"X": "lots"}).dollars("X")


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        (["127.0.0.1", "localhost"], "http://127.0.0.1:8000"),
        (["localhost", "music.example.org"], "https://music.example.org"),
        (["*", ".example.org"], "http://127.0.0.1:8000"),
    ],
)
def test_where_a_site_is_found(hosts, url):
    assert site_url(hosts, 8000) == url
