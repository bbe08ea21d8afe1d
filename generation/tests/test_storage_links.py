"""Signed links to local audio: what they open, how long, and what breaks them."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from generation.storage import LocalAudioStorage
from generation.storage.links import LinkRefused, opened_link, signed_link

KEY = "tracks/6f1c/9a2b/master.wav"
NOW = 1_700_000_000.5
PARAMETERS = {
    "ResponseContentDisposition": 'attachment; filename="a.wav"',
    "ResponseContentType": "audio/wav",
}

instants = st.floats(min_value=0, max_value=4e9, allow_nan=False)
lifetimes = st.integers(min_value=1, max_value=604_800)


def query_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def opens(link: str, now: float = NOW, name: str = KEY) -> dict[str, str]:
    return opened_link(name, query_of(link), now)


def test_link_opens_what_it_was_made_for():
    link = signed_link(KEY, 3600, PARAMETERS, NOW)
    assert urlsplit(link).path == f"/files/{KEY}"
    assert opens(link) == PARAMETERS
    assert opens(signed_link(KEY, 3600, None, NOW)) == {}


@pytest.mark.parametrize(
    "part", ["expires", "signature", "response-content-disposition", "response-content-type"]
)
def test_link_altered_in_any_part_opens_nothing(part):
    query = query_of(signed_link(KEY, 3600, PARAMETERS, NOW))
    original = query[part]
    for altered in (original[:-1] + ("1" if original[-1] != "1" else "2"), original + "0", "", None):
        if altered is None:
            del query[part]
        else:
            query[part] = altered
        with pytest.raises(LinkRefused, match="altered"):
            opened_link(KEY, query, NOW)
    query[part] = original
    assert opened_link(KEY, query, NOW) == PARAMETERS


def test_link_opens_no_other_name():
    with pytest.raises(LinkRefused, match="altered"):
        opens(signed_link(KEY, 3600, None, NOW), name=KEY.replace("master", "listen"))


def test_parameter_cannot_be_added():
    link = signed_link(KEY, 3600, None, NOW)
    with pytest.raises(LinkRefused, match="altered"):
        opens(f"{link}&response-content-type=text/html")


def test_link_without_a_query_opens_nothing():
    with pytest.raises(LinkRefused, match="altered"):
        opened_link(KEY, QueryDict(""), NOW)


def test_expired_link_says_so():
    link = signed_link(KEY, 3600, None, NOW)
    with pytest.raises(LinkRefused, match="expired"):
        opens(link, NOW + 3601)


def test_link_of_another_site_opens_nothing(settings):
    link = signed_link(KEY, 3600, None, NOW)
    settings.SECRET_KEY = "another site's key"
    with pytest.raises(LinkRefused, match="altered"):
        opens(link)


def test_link_outlives_a_change_of_the_secret_key(settings):
    link = signed_link(KEY, 3600, None, NOW)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the new key", [settings.SECRET_KEY]
    assert opens(link) == {}


@given(now=instants, expire=lifetimes)
def test_link_is_good_for_half_of_its_life_at_least_and_its_life_at_most(now, expire):
    link = signed_link(KEY, expire, None, now)
    assert opens(link, now) == {}
    assert opens(link, now + expire / 2) == {}
    with pytest.raises(LinkRefused, match="expired"):
        opens(link, now + expire + 1)


@given(now=instants, expire=st.integers(min_value=4, max_value=604_800))
def test_link_stays_the_same_within_a_window(now, expire):
    window = expire // 2
    start = now // window * window
    links = {signed_link(KEY, expire, PARAMETERS, start + window * part) for part in (0, 0.25, 0.5, 0.99)}
    assert len(links) == 1
    assert signed_link(KEY, expire, PARAMETERS, start + window) not in links


@given(name=st.text(max_size=40), query=st.text(max_size=80))
def test_no_made_up_link_opens_anything(name, query):
    with pytest.raises(LinkRefused):
        opened_link(name, QueryDict(query.encode(errors="replace")), NOW)


@pytest.mark.parametrize(
    "parameters",
    [
        {"ResponseContentDisposition": "a\r\nSet-Cookie: b"},
        {"ResponseContentType": "ä"},
        {"ResponseExpires": "0"},
    ],
)
def test_parameters_that_no_answer_can_carry_are_not_signed(parameters):
    with pytest.raises(ValueError, match="ResponseContent"):
        signed_link(KEY, 3600, parameters, NOW)


def test_storage_signs_for_its_lifetime_or_the_one_asked_for(tmp_path):
    storage = LocalAudioStorage(location=tmp_path, expire=10)
    for url, lifetime in ((storage.url(KEY), 10), (storage.url(KEY, expire=1000), 1000)):
        life = int(query_of(url)["expires"]) - int(query_of(signed_link(KEY, lifetime))["expires"])
        assert abs(life) <= lifetime // 2
    with pytest.raises(ValueError, match="604800"):
        storage.url(KEY, expire=0)
