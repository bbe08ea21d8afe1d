"""What the tests in other browsers share: a site whose audio can be made to break, and each browser in front of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from generation.tests.running_site import Site, running_site

from .driver import DESK, Driver, Wire
from .firefox import firefox
from .silent_sound import silent_sound
from .webkitgtk import webkitgtk

BREAKING = "generation.tests.browsers.breaking_settings"
BROWSERS: dict[str, Callable[[Path, str, Mapping[str, str]], AbstractContextManager[Wire]]] = {
    "firefox": firefox,
    "webkitgtk": webkitgtk,
}
Start = Callable[..., AbstractContextManager[Driver]]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), DJANGO_SETTINGS_MODULE=BREAKING) as site:
        yield site


@pytest.fixture(params=BROWSERS)
def start(request, site: Site, tmp_path: Path) -> Start:
    """Start the browser as a new visitor, in the look "light", "dark" or, Firefox alone, "forced colours".

    What it says of errors fails the test, but for lines with one of the `expected` words.
    """

    @contextmanager
    def start(look: str = "light", expected: tuple[str, ...] = ()) -> Iterator[Driver]:
        with (
            silent_sound(tmp_path / "sound") as sound,
            BROWSERS[request.param](tmp_path / "browser", look, sound) as wire,
        ):
            driver = Driver(wire, site.url, settings.VAR_DIR / "browsers")
            driver.resize(*DESK)
            yield driver
            said = wire.complaints(site.url)
            assert not [line for line in said if not any(words in line for words in expected)]

    return start
