"""The library in a real browser: finding, coming back, selecting and taking back, by mouse and by keyboard."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from generation.tests.accessibility import axe_finds_nothing
from generation.tests.browser import GIVEN_UP, SMALL_TARGETS, visitor
from generation.tests.library_rows import sessions_with
from generation.tests.running_site import Site, running_site

pytestmark = pytest.mark.browser
SCRIPTED = "generation.tests.scripted_settings"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
BOTH = pytest.mark.parametrize(
    "viewport", [pytest.param(WIDE, id="1280", marks=pytest.mark.thorough), pytest.param(NARROW, id="390")]
)
TRACKS = 150
PEOPLE_AT_ONCE = 8
A_FEW_PIXELS = 3
BOTTOM = "(each) => each.getBoundingClientRect().bottom"
TOP_AT_REST = """async (each) => {
  const top = () => each.getBoundingClientRect().top;
  for (let before = NaN; before !== top(); ) {
    before = top();
    await new Promise((done) => setTimeout(done, 300));
  }
  return top();
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), DJANGO_SETTINGS_MODULE=SCRIPTED) as site:
        yield site


@pytest.fixture(scope="module")
def sessions(site: Site) -> Iterator[str]:
    """One for each test, of people who have many tracks: several at once, for a command takes a second to start."""

    def made() -> Iterator[str]:
        while True:
            yield from sessions_with(site, *[TRACKS] * PEOPLE_AT_ONCE)

    return made()


@pytest.fixture
def viewport() -> dict[str, int]:
    return WIDE


@pytest.fixture
def page(browser: Browser, site: Site, sessions: Iterator[str], viewport) -> Iterator[Page]:
    """The library of somebody who has many tracks."""
    with visitor(browser, site.url, GIVEN_UP, viewport=viewport) as page:
        log_in(page, site, next(sessions))
        page.goto("/library/")
        expect(cards(page).first).to_be_visible()
        yield page


def log_in(page: Page, site: Site, session: str) -> None:
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}],
    )


def cards(page: Page) -> Locator:
    return page.locator("article.card")


def card(page: Page, number: int) -> Locator:
    """The card of the track with this number, from the newest on."""
    return page.get_by_role("article", name=re.compile(rf" {number}$"))


def top_of(place: Locator) -> float:
    """Where it stands, once nothing moves it any more."""
    top: float = place.evaluate(TOP_AT_REST)
    return top


def scroll_down_to(page: Page, number: int) -> Locator:
    """Scroll as a hand does until the track comes, which loads what follows."""
    wanted = card(page, number)
    for _ in range(400):
        if wanted.count():
            wanted.scroll_into_view_if_needed()
            return wanted
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(50)
    raise AssertionError(f"Track {number} did not come.")


@BOTH
def test_back_returns_to_the_same_track_at_the_same_height(page: Page):
    link = scroll_down_to(page, 70).get_by_role("link", name=re.compile(" 70$")).first
    page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile("shown="))
    before = top_of(card(page, 70))
    link.click()
    expect(page.get_by_role("heading", level=1, name=re.compile(" 70$"))).to_be_visible()
    page.go_back()
    expect(card(page, 70)).to_be_in_viewport()
    assert abs(top_of(card(page, 70)) - before) <= A_FEW_PIXELS
    page.reload()
    expect(card(page, 70)).to_be_in_viewport()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(card(page, 1)).to_be_in_viewport()


@BOTH
def test_what_is_deleted_deep_in_the_list_and_had_back_moves_nothing_else_that_is_in_sight(page: Page):
    scroll_down_to(page, 70)
    page.wait_for_timeout(300)
    link = card(page, 70)
    menus = page.locator("article .menu")
    expect(menus).to_have_count(0)  # each would be looked at by htmx while the page starts
    card(page, 71).get_by_label("More about").click()
    expect(menus).to_have_count(1)
    before = top_of(link)
    page.get_by_role("button", name="Delete track").locator("visible=true").click()
    expect(card(page, 71)).to_have_count(0)
    assert abs(top_of(link) - before) <= A_FEW_PIXELS
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(card(page, 71)).to_be_in_viewport()
    assert abs(top_of(link) - before) <= A_FEW_PIXELS


def test_back_returns_to_what_is_left_where_the_first_in_sight_was_deleted_meanwhile(page: Page):
    link = scroll_down_to(page, 70)
    before = top_of(link)
    first = next(each for each in cards(page).all() if each.evaluate(BOTTOM) > 0)
    address = first.locator(".card-title a").get_attribute("href")
    link.get_by_role("link", name=re.compile(" 70$")).first.click()
    expect(page.get_by_role("heading", level=1, name=re.compile(" 70$"))).to_be_visible()
    elsewhere = page.context.new_page()
    elsewhere.goto(str(address))
    elsewhere.get_by_role("button", name="Delete track").click()
    expect(elsewhere.locator(".toast")).to_contain_text("is deleted")
    page.go_back()
    expect(card(page, 70)).to_be_in_viewport()
    assert abs(top_of(card(page, 70)) - before) <= A_FEW_PIXELS


def test_back_returns_to_the_list_from_which_a_track_was_opened_and_deleted(page: Page):
    page.goto("/library/?sort=oldest")
    scroll_down_to(page, 80)
    before = top_of(card(page, 82))
    card(page, 81).get_by_role("link", name=re.compile(" 81$")).first.click()
    page.get_by_role("button", name="Delete track").click()
    expect(card(page, 1)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("sort=oldest"))
    expect(card(page, 82)).to_be_in_viewport()
    assert abs(top_of(card(page, 82)) - before) <= A_FEW_PIXELS


def test_back_to_a_track_that_is_gone_says_so(browser: Browser, site: Site):
    with visitor(browser, site.url, [*GIVEN_UP, "404", "htmx:historyCacheMissLoadError"]) as page:
        log_in(page, site, *sessions_with(site, 3))
        page.goto("/library/")
        card(page, 2).get_by_role("link", name=re.compile(" 2$")).first.click()
        page.get_by_role("heading", level=1, name=re.compile(" 2$")).wait_for()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
        card(page, 2).get_by_label("More about").click()
        page.get_by_role("button", name="Delete track").locator("visible=true").click()
        expect(card(page, 2)).to_have_count(0)
        page.go_back()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Library")
        expect(page.get_by_role("main")).to_contain_text("not")


def test_a_deep_page_stays_small_and_leads_back_to_the_start(page: Page):
    scroll_down_to(page, TRACKS)
    expect(cards(page)).to_have_count(TRACKS)
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)
    first = page.locator("[data-begins-at]").nth(2).get_attribute("data-begins-at")
    page.goto(f"/library/?after={first}&shown=48")
    expect(cards(page)).to_have_count(48)
    page.get_by_role("link", name="Show from the start").click()
    expect(card(page, 1)).to_be_visible()


@BOTH
def test_words_and_filters_change_the_list_and_its_address(page: Page):
    page.get_by_role("searchbox").fill("веселые 1")
    expect(page.get_by_text("tracks matching")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/library/\?q="))
    page.locator(".filters summary").click()
    page.get_by_label("Genre").select_option("Jazz")
    page.get_by_label("Tempo from").fill("70")
    page.get_by_label("Tempo from").blur()
    expect(page.get_by_role("link", name="Without the filter from 70 BPM")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=[^&]+&genre=jazz&tempo_from=70$"))
    shown = cards(page).count()
    assert 0 < shown < TRACKS
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate(SMALL_TARGETS) == []
    axe_finds_nothing(page)
    page.reload()
    expect(cards(page)).to_have_count(shown)
    page.get_by_role("link", name="Without the filter Jazz").click()
    expect(page).to_have_url(re.compile(r"\?q=[^&]+&tempo_from=70$"))
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_role("searchbox")).to_have_value("веселые 1")


@BOTH
def test_several_are_deleted_and_had_back(page: Page):
    for number in (2, 4):
        page.get_by_role("checkbox", name=re.compile(f" {number}$")).click()
    page.get_by_role("checkbox", name=re.compile(" 7$")).click(modifiers=["Shift"])
    bar = page.get_by_role("form", name="Selected tracks")
    expect(bar).to_contain_text("5 selected")
    assert page.evaluate(SMALL_TARGETS) == []
    axe_finds_nothing(page)
    bar.get_by_role("button", name="Delete").evaluate("(each) => (each.click(), each.click())")
    expect(page.locator(".toast p")).to_have_text("5 tracks are deleted.")
    expect(card(page, 4)).to_have_count(0)
    expect(bar).to_be_hidden()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(card(page, 4)).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)

    card(page, 3).get_by_label("More about").click()
    page.get_by_role("button", name="Delete track").locator("visible=true").click()
    expect(card(page, 3)).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(card(page, 3)).to_be_visible()


def test_with_the_keyboard_alone_tracks_are_selected_tagged_and_found_by_the_tag(page: Page):
    page.get_by_role("checkbox", name=re.compile(" 1$")).focus()
    page.keyboard.press("Space")
    bar = page.get_by_role("form", name="Selected tracks")
    expect(bar).to_contain_text("1 selected")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Space")
    bar.get_by_role("button", name="Select all shown").focus()
    page.keyboard.press("Enter")
    expect(bar).to_contain_text(re.compile(r"\b(24|48) selected"))
    bar.locator("summary").filter(has_text="Tag").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Tag", exact=True).locator("visible=true")).to_be_focused()
    page.keyboard.type("for the film")
    page.keyboard.press("Enter")
    expect(page.locator(".toast p")).to_contain_text("“for the film”.")
    expect(card(page, 1).locator(".card-tags")).to_contain_text("for the film")
    expect(page.locator("#tracks-title")).to_be_focused()

    page.get_by_role("link", name=re.compile(" 1$")).first.focus()
    page.keyboard.press("Enter")
    tag = page.get_by_role("link", name="for the film")
    tag.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Without the filter #for the film")).to_be_visible()
    page.go_back()
    page.get_by_label("New tag").fill("night")
    page.keyboard.press("Enter")
    expect(page.locator(".tag-list a").get_by_text("night", exact=True)).to_be_visible()
    expect(page.get_by_label("New tag")).to_be_focused()
    page.get_by_role("button", name="Remove the tag night").press("Enter")
    expect(page.locator(".tag-list a").get_by_text("night", exact=True)).to_have_count(0)
    axe_finds_nothing(page)


def test_a_track_is_deleted_on_its_page_without_a_question_and_had_back(page: Page):
    page.get_by_role("link", name=re.compile(" 5$")).first.click()
    page.get_by_role("button", name="Delete track").click()
    expect(page.get_by_role("heading", level=1, name="Library")).to_be_visible()
    expect(card(page, 5)).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(card(page, 5)).to_be_visible()


@BOTH
@pytest.mark.thorough
def test_every_layout_is_remembered_and_fits(page: Page):
    for layout in ("Grid", "Compact", "List"):
        page.get_by_role("link", name=layout, exact=True).click()
        expect(page.locator(f".cards-{layout.lower()}")).to_be_visible()
        expect(page.get_by_role("link", name=layout, exact=True)).to_have_attribute("aria-current", "true")
        page.goto("/library/")
        expect(page.locator(f".cards-{layout.lower()}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]  # type: ignore[index]
        assert page.evaluate(SMALL_TARGETS) == []
        axe_finds_nothing(page)


def test_without_script_tracks_are_found_selected_and_deleted(browser: Browser, site: Site):
    with visitor(browser, site.url, java_script_enabled=False) as page:
        log_in(page, site, *sessions_with(site, 30))
        page.goto("/library/")
        page.get_by_role("link", name="Show more").click()
        expect(cards(page)).to_have_count(6)
        page.get_by_role("searchbox").fill("cafe")
        page.get_by_role("button", name="Search").click()
        expect(cards(page)).to_have_count(6)
        page.get_by_role("checkbox", name=re.compile(" 3$")).check()
        page.get_by_role("form", name="Selected tracks").get_by_role("button", name="Delete").click()
        expect(page.locator(".message")).to_contain_text("is deleted.")
        expect(card(page, 3)).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        page.goto("/library/?q=cafe")
        expect(card(page, 3)).to_be_visible()
