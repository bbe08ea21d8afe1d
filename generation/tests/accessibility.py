"""What axe finds on a page."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Without these names axe leaves out the rules that came with WCAG 2.2, of the size of what is pressed.
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# And what its makers call best practice.
RULES = [*STANDARD, "best-practice"]
# After a change of colours: their transitions, however short, end with a frame.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def axe_faults(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """What is wrong with the page as it stands, a line for each element; empty where nothing is."""
    page.evaluate(DRAWN)
    # Without `preload` it does not fetch the style sheets anew, which one rule needs: that pages turn with a phone.
    options = {"runOnly": list(rules), "resultTypes": ["violations"], "preload": False}
    # It is half a megabyte of script: on a page that has it already it is not loaded again.
    axe = Axe("") if page.evaluate("'axe' in window") else Axe()
    found = axe.run(page, options=options)
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary']}".replace("\n", " ")
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


def axe_finds_nothing(page: Page) -> None:
    """Hold a page against the rules as it stands."""
    faults = axe_faults(page)
    assert not faults, "\n".join(faults)
