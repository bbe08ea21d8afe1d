/* The cards of a library. What follows is loaded before one gets there. The address keeps what is loaded, so that the
   server draws it again, and a tab keeps which cards stood where: Back comes back to the same place, and so does the
   list when it is drawn anew because tracks have changed. */

const AHEAD = "1200px";
/* As many parts are drawn again at most: MOST_SHOWN in web/library_page.py. */
const MOST_PARTS = 10;
const SAVE_AFTER_MS = 100;
/* So many are kept from the first in sight on, of which some may be deleted until one is back. */
const CARDS_KEPT = 30;
const KEPT = "library-place";

/* Whether the page that is shown next was left before: by Back or Forward, or by loading it anew. */
let isReturning = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);
addEventListener("popstate", () => (isReturning = true));
addEventListener("htmx:pushedIntoHistory", () => (isReturning = false));

class LibraryPlace extends HTMLElement {
  #timer = 0;
  #isPressed = false;
  #ahead = new IntersectionObserver((entries) => this.#onAhead(entries), { rootMargin: AHEAD });

  connectedCallback() {
    addEventListener("scroll", this.#onScroll, { passive: true });
    document.addEventListener("click", this.#save, { capture: true });
    document.addEventListener("tracks-changed", this.#onChanged);
    this.addEventListener("htmx:beforeRequest", this.#onRequest);
    this.addEventListener("htmx:afterSettle", this.#onMore);
    if (isReturning) this.#return();
    isReturning = false;
    this.#watch();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#ahead.disconnect();
    removeEventListener("scroll", this.#onScroll);
    document.removeEventListener("click", this.#save, { capture: true });
    document.removeEventListener("tracks-changed", this.#onChanged);
  }

  get #link() {
    return this.querySelector("#more a");
  }

  #watch() {
    this.#ahead.disconnect();
    if (this.#link) this.#ahead.observe(this.#link);
  }

  #onAhead(entries) {
    if (!this.#link || !entries.some((each) => each.isIntersecting)) return;
    this.#ahead.disconnect(); // until what is asked for is there
    htmx.process(this.#link); // it may come into sight before htmx knows it, and would load a page
    this.#link.click();
  }

  #onRequest = () => {
    this.#isPressed = document.activeElement === this.#link;
  };

  /* More cards are there. Who pressed the link goes on with the first of them. */
  #onMore = () => {
    const parts = [...this.querySelectorAll("[data-begins-at]")];
    if (this.#isPressed) parts.at(-1).querySelector(".card-title a").focus();
    this.#isPressed = false;
    this.#keepAddress(parts);
    this.#watch();
  };

  #keepAddress(parts) {
    const kept = parts.slice(-MOST_PARTS);
    const address = new URL(location.href);
    const after = kept[0].dataset.beginsAt;
    if (after) address.searchParams.set("after", after);
    else address.searchParams.delete("after");
    const cards = [...this.querySelectorAll(".card")];
    address.searchParams.set("shown", cards.length - cards.indexOf(kept[0]));
    history.replaceState(history.state, "", address);
  }

  #onScroll = () => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#save, SAVE_AFTER_MS);
  };

  /* It is about to be drawn anew. What is put in above it until it goes would move what is in sight. */
  #onChanged = () => {
    this.#save();
    isReturning = true;
  };

  #save = () => {
    if (!this.isConnected) return;
    const cards = [...this.querySelectorAll(".card")];
    const first = cards.findIndex((each) => each.getBoundingClientRect().bottom > 0);
    if (first < 0) return;
    const places = cards.slice(first, first + CARDS_KEPT).map((each) => [each.id, each.getBoundingClientRect().top]);
    sessionStorage.setItem(KEPT, JSON.stringify({ address: location.href, places }));
  };

  /* To the first of the kept cards that is still there. Cards that are out of sight are drawn, and so measured, only as
     they come into it: it is looked twice. */
  #return() {
    const { address, places = [] } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    const [id, top] = places.find(([each]) => this.querySelector(`#${each}`)) ?? [];
    if (address !== location.href || !id) return;
    const card = this.querySelector(`#${id}`);
    const scroll = () => scrollBy({ top: card.getBoundingClientRect().top - top, behavior: "instant" });
    scroll();
    requestAnimationFrame(() => {
      scroll();
      requestAnimationFrame(scroll);
    });
  }
}

customElements.define("library-place", LibraryPlace);
