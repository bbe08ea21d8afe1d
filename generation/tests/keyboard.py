"""Pages by the keyboard alone: coming to something by Tab, and seeing that it is seen."""

from playwright.sync_api import Locator, Page, expect

TIMEOUT = 60_000
STEPS = 150
# Of what has the focus some part can be seen: neither the bars at the foot nor the name at the top lie over all of it.
# What is above it there and has no colour of its own covers nothing.
IS_SEEN = """() => {
  const seen = document.activeElement.closest("label") ?? document.activeElement;
  const { left, top, width, height } = seen.getBoundingClientRect();
  const isClear = (each) => getComputedStyle(each).backgroundColor === "rgba(0, 0, 0, 0)";
  return [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]].some(([x, y]) => {
    const there = document.elementsFromPoint(left + x * width, top + y * height);
    const at = there.findIndex((each) => seen.contains(each));
    return at >= 0 && there.slice(0, at).every(isClear);
  });
}"""
NAME_OF_FOCUS = "document.activeElement.outerHTML.slice(0, 120)"


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus, and see it."""
    expect(wanted).to_be_visible(timeout=TIMEOUT)
    for _ in range(STEPS):
        if wanted.evaluate("each => each === document.activeElement"):
            assert page.evaluate(IS_SEEN), page.evaluate(NAME_OF_FOCUS)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    tab_to(page, wanted)
    page.keyboard.press(key)
