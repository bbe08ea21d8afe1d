"""The main job as a visitor does it: real browser, real web and worker processes, real composer, real storage."""

import wave
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import GIVEN_UP, REFUSED, SHOWN_PROGRESS, visitor
from generation.tests.listening import plays_beyond
from generation.tests.ordering_page import choose
from generation.tests.running_site import Site, running_site

pytestmark = pytest.mark.browser
SECOND = 1_000
TIMEOUT = 60 * SECOND
# Where the audio is matters to who hears it; each site takes seconds to start.
ANYWHERE = pytest.mark.parametrize("storage", ["local", "s3"], indirect=True)
AT_HOME = pytest.mark.parametrize("storage", ["local"], indirect=True)


@pytest.fixture(scope="module")
def storage(request) -> tuple[str, dict[str, str]]:
    """Where the audio's address must be, "" for the site's own, and the variables that put it there."""
    if request.param == "local":
        return "", {}
    server = request.getfixturevalue("s3_server")
    return urlsplit(server.endpoint).netloc, {
        "STORAGE_ENDPOINT_URL": server.endpoint,
        "STORAGE_ACCESS_KEY_ID": server.access_key,
        "STORAGE_SECRET_ACCESS_KEY": server.secret_key,
        "STORAGE_BUCKET_NAME": server.bucket,
    }


@pytest.fixture(scope="module")
def site(storage, composer_site: Site, tmp_path_factory) -> Iterator[Site]:
    if not storage[1]:
        yield composer_site
        return
    with running_site(tmp_path_factory.mktemp("site"), **storage[1]) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url, [REFUSED, *GIVEN_UP]) as page:
        yield page


def generate(page: Page, prompt: str, seconds: int = 30) -> None:
    """Order music on the create page and wait for it."""
    page.goto("/")
    page.locator("textarea[name=prompt]").fill(prompt)
    choose(page, "duration", str(seconds))
    choose(page, "variations", "1")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("article.card-completed")).to_have_count(1, timeout=TIMEOUT)


def media(page: Page, expression: str) -> float:
    """A number of the page's media element, such as `currentTime`."""
    value: float = page.evaluate(f"document.querySelector('audio-player audio').{expression}")
    return value


@ANYWHERE
def test_a_visitor_generates_hears_seeks_and_downloads(page: Page, site: Site, storage, tmp_path):
    audio_addresses: list[str] = []
    page.on("response", lambda answer: audio_addresses.append(answer.url) if _is_audio(answer) else None)
    generate(page, "rainy night lo-fi")

    page.locator("article.card-completed .play-button").first.click()
    page.wait_for_function(
        "() => document.querySelector('audio-player audio').currentTime > 0.5", timeout=TIMEOUT
    )
    assert media(page, "duration") == pytest.approx(30, abs=0.1)
    page.get_by_role("button", name="Pause", exact=True).click()  # else it may end between two keys
    page.get_by_role("slider", name="Position").focus()
    before = media(page, "currentTime")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        f"() => document.querySelector('audio-player audio').currentTime > {before + 10}", timeout=TIMEOUT
    )
    page.get_by_role("button", name="Play", exact=True).click()
    plays_beyond(page, media(page, "currentTime"))
    assert {urlsplit(address).netloc for address in audio_addresses} == {
        storage[0] or urlsplit(site.url).netloc
    }

    page.locator("article.card-completed summary").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download WAV").first.click()
    download = waiting.value
    assert download.suggested_filename == "Rainy night lo-fi.wav"
    saved = tmp_path / "saved.wav"
    download.save_as(saved)
    with wave.open(str(saved)) as audio:
        assert (audio.getnframes() / audio.getframerate(), audio.getnchannels()) == (30.0, 2)


@AT_HOME
def test_progress_is_seen_to_move(page: Page):
    page.add_init_script(SHOWN_PROGRESS)
    generate(page, "wide ambient pads", seconds=180)
    progress = page.evaluate("shownProgress")
    assert progress == sorted(progress)
    assert any(0 < value < 100 for value in progress)


@AT_HOME
def test_the_tracks_stay_in_this_browser_and_nobody_else_sees_them(page: Page, browser: Browser, site: Site):
    generate(page, "calm harp")
    page.goto("/library/")
    expect(page.locator("article.card-completed")).to_have_count(1)
    track = page.locator("article.card-completed h3 a").get_attribute("href") or ""
    with visitor(browser, site.url, ["404"]) as stranger:
        answer = stranger.goto(track)
    assert answer is not None
    assert answer.status == 404


@AT_HOME
def test_without_javascript_it_works_by_forms_and_reload(browser: Browser, site: Site):
    with visitor(browser, site.url, java_script_enabled=False) as page:
        page.goto("/")
        page.locator("textarea[name=prompt]").fill("slow jazz trio")
        choose(page, "duration", "10")
        page.get_by_role("button", name="Generate", exact=True).click()
        sounds = page.locator("article.card-completed audio")
        expect(sounds).to_have_count(2, timeout=TIMEOUT)
        heard = page.request.get(sounds.first.get_attribute("src") or "")
        assert heard.headers["content-type"].startswith("audio/")
        page.locator(".card-title a").first.click()
        page.get_by_role("link", name="Rename this track").click()
        page.get_by_label("Title", exact=True).fill("Blue hour")
        page.get_by_role("button", name="Rename", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Blue hour")
        page.locator(".download-menu summary").click()
        with page.expect_download(timeout=TIMEOUT) as waiting:
            page.get_by_role("link", name="Download WAV").click()
        assert waiting.value.suggested_filename == "Blue hour.wav"
        page.get_by_role("link", name="Back to the track").click()
        page.get_by_role("link", name="Delete track").click()
        page.get_by_role("button", name="Delete track").click()
        expect(page.get_by_text("“Blue hour” is deleted.")).to_be_visible()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
        expect(page.locator("article.card-completed")).to_have_count(1)


@AT_HOME
def test_the_error_of_an_empty_prompt_is_at_the_field(page: Page):
    page.goto("/")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_text("Describe the music in a few words.")).to_be_visible()
    assert page.locator(".job").count() == 0


def _is_audio(answer) -> bool:
    return answer.status in (200, 206) and answer.headers.get("content-type", "").startswith("audio/")


@AT_HOME
def test_what_the_engine_cannot_do_is_said_before_the_order(page: Page):
    page.goto("/")
    prompt, said = page.locator("textarea[name=prompt]"), page.locator(".order-notices")
    prompt.press_sequentially("A ballad with female vocals")
    expect(said).to_contain_text("sing")
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_enabled()
    expect(page).to_have_url(f"{page.url.rstrip('/')}/")
    prompt.fill("A ballad for piano")
    expect(said).to_be_empty()
    assert not page.locator(".job").count()
