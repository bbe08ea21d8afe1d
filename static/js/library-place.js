/* The cards of a library. What follows is loaded before one gets there. The address keeps what is loaded, so that the
   server draws it again, and a tab keeps which cards stood where: Back comes back to the same place, and so does the
   list when it is drawn anew because tracks have changed. */

const AHEAD = "1200px";
/* As many parts are drawn again at most: MOST_SHOWN in web/library_page.py. */
const MOST_PARTS = 10;
const SAVE_AFTER_MS = 100;
/* Of so many addresses, the latest. */
const ADDRESSES_KEPT = 8;
/* So many are kept from the first in sight on, of which some may be deleted until one is back. */
const CARDS_KEPT = 30;
const KEPT = "library-place";

/* Whether the page that is shown next was left before: by Back or Forward, or by loading it anew. */
let isReturning = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);
addEventListener("popstate", () => (isReturning = true));
for (const going of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
  addEventListener(going, () => (isReturning = false));
}

/* Pairs of an address and the places of cards at it: their ids and how far from the top of the window they stood. */
const keptPlaces = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");

class LibraryPlace extends HTMLElement {
  #address = "";
  #timer = 0;
  #isPressed = false;
  #ahead = new IntersectionObserver((entries) => this.#onAhead(entries), { rootMargin: AHEAD });

  connectedCallback() {
    this.#address = location.href;
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
    this.#address = location.href;
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

  /* Not while another page is already called for, which has its address but not yet its cards. */
  #save = () => {
    if (!this.isConnected || location.href !== this.#address) return;
    const cards = [...this.querySelectorAll(".card")];
    const first = cards.findIndex((each) => each.getBoundingClientRect().bottom > 0);
    if (first < 0) return;
    const places = cards.slice(first, first + CARDS_KEPT).map((each) => [each.id, each.getBoundingClientRect().top]);
    const others = keptPlaces().filter(([address]) => address !== location.href);
    const all = [...others, [location.href, places]].slice(-ADDRESSES_KEPT);
    sessionStorage.setItem(KEPT, JSON.stringify(all));
  };

  /* To the first of the kept cards that is still there. Cards that are out of sight are drawn, and so measured, only as
     they come into it: it is looked twice. */
  #return() {
    const [, places = []] = keptPlaces().find(([address]) => address === location.href) ?? [];
    const [id, top] = places.find(([each]) => this.querySelector(`#${each}`)) ?? [];
    if (!id) return;
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
