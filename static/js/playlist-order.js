/* A list whose entries are put in another order: by dragging a handle, or by the arrow keys while it has the focus.

   Attribute `action`: where each move is sent. Entries have `data-track`. Escape gives up a drag. What moves, in the
   order in which it was moved, is sent one request after the other. */

import { csrfToken } from "./csrf.js";

const EDGE = 64;
const SCROLL_STEP = 14;

class PlaylistOrder extends HTMLElement {
  #dragged = null;
  #next = null;
  #frame = 0;
  #pointer = 0;
  #sending = Promise.resolve();

  connectedCallback() {
    if (!this.hasAttribute("action")) return;
    this.addEventListener("keydown", this.#onKey);
    for (const [type, listener] of Object.entries(this.#drag)) this.addEventListener(type, listener);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
  }

  get #entries() {
    return [...this.querySelectorAll("[data-track]")];
  }

  #onKey = (event) => {
    const handle = event.target.closest(".drag-handle");
    if (event.key === "Escape" && this.#dragged) this.#giveUp();
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!handle || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const entry = handle.closest("[data-track]");
    const neighbour = step < 0 ? entry.previousElementSibling : entry.nextElementSibling;
    if (!neighbour) return;
    if (step < 0) neighbour.before(entry);
    else neighbour.after(entry);
    handle.focus();
    entry.scrollIntoView({ block: "nearest" });
    this.#send(entry);
  };

  #drag = {
    pointerdown: (event) => {
      const handle = event.target.closest(".drag-handle");
      if (!handle || event.button > 0 || !event.isPrimary) return;
      this.setPointerCapture(event.pointerId); // the handle would lose it when it moves
      this.#dragged = handle.closest("[data-track]");
      this.#next = this.#dragged.nextElementSibling;
      this.#pointer = event.clientY;
      this.#dragged.classList.add("dragged");
      this.#frame = requestAnimationFrame(this.#follow);
    },
    pointermove: (event) => {
      this.#pointer = event.clientY;
    },
    pointerup: () => {
      if (!this.#dragged) return;
      const [entry, next] = [this.#dragged, this.#next];
      this.#end();
      if (entry.nextElementSibling !== next) this.#send(entry);
    },
    pointercancel: () => this.#dragged && this.#giveUp(),
    // Firefox would begin a drag of its own.
    dragstart: (event) => event.preventDefault(),
  };

  /* The entry goes where the pointer is, and the page with it near its edges. */
  #follow = () => {
    if (!this.#dragged) return;
    if (this.#pointer < EDGE) scrollBy({ top: -SCROLL_STEP, behavior: "instant" });
    if (this.#pointer > innerHeight - EDGE) scrollBy({ top: SCROLL_STEP, behavior: "instant" });
    const below = this.#entries.find((each) => each !== this.#dragged && middleOf(each) > this.#pointer);
    if (below ? below.previousElementSibling !== this.#dragged : this.#dragged.nextElementSibling) {
      if (below) below.before(this.#dragged);
      else this.#dragged.parentElement.append(this.#dragged);
    }
    this.#frame = requestAnimationFrame(this.#follow);
  };

  #giveUp() {
    if (this.#next) this.#next.before(this.#dragged);
    else this.#dragged.parentElement.append(this.#dragged);
    this.#end();
  }

  #end() {
    cancelAnimationFrame(this.#frame);
    this.#dragged.classList.remove("dragged");
    this.#dragged = this.#next = null;
  }

  #send(entry) {
    const entries = this.#entries;
    const place = entries.indexOf(entry);
    const before = entries[place + 1]?.dataset.track ?? "";
    const title = entry.querySelector(".card-title").textContent.trim();
    const value = `${title}: ${place + 1} of ${entries.length}`;
    this.dispatchEvent(new CustomEvent("announce", { detail: { value }, bubbles: true }));
    const body = new URLSearchParams({ csrfmiddlewaretoken: csrfToken(), track: entry.dataset.track, before });
    this.#sending = this.#sending.then(() => this.#post(body));
  }

  async #post(body) {
    const headers = { "HX-Request": "true" };
    // It is kept though the page may be left at once.
    const request = { method: "POST", headers, body, keepalive: true };
    const answer = await fetch(this.getAttribute("action"), request).catch(() => null);
    if (answer?.ok) return;
    const message = "The new order was not kept. Load the page anew to see the order that is.";
    document.dispatchEvent(new CustomEvent("trouble", { detail: { message } }));
  }
}

function middleOf(element) {
  const { top, height } = element.getBoundingClientRect();
  return top + height / 2;
}

customElements.define("playlist-order", PlaylistOrder);
