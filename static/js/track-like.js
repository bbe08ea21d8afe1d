/* The heart of a track, as a form that needs no script. All hearts of a track change together, by the event
   `track-changed` {track, title, isLiked} on the document. */

import { csrfToken } from "./csrf.js";

class TrackLike extends HTMLElement {
  connectedCallback() {
    // In the capture phase, before htmx makes a page load of it.
    this.addEventListener("submit", this.#onSubmit, { capture: true });
    document.addEventListener("track-changed", this.#onChange);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this.#onSubmit, { capture: true });
    document.removeEventListener("track-changed", this.#onChange);
  }

  get #button() {
    return this.querySelector("button");
  }

  get isLiked() {
    return this.#button.getAttribute("aria-pressed") === "true";
  }

  set isLiked(value) {
    this.#button.setAttribute("aria-pressed", value);
    this.#button.value = value ? "0" : "1";
  }

  /* Show the heart of another track, or none of one that cannot be liked. */
  show({ id, title, href, isLiked }) {
    this.hidden = isLiked === undefined;
    this.setAttribute("track", id);
    this.querySelector("form").action = `${href}like`;
    this.#button.setAttribute("aria-label", `Like ${title}`);
    this.isLiked = isLiked;
  }

  async toggle() {
    const track = this.getAttribute("track");
    const { action } = this.querySelector("form");
    const isLiked = !this.isLiked;
    const isKept = await keep(track, action, isLiked);
    if (!isKept || isLiked) return;
    const detail = { message: "Not among your favorites any more.", undo: () => keep(track, action, true) };
    document.dispatchEvent(new CustomEvent("done", { detail }));
  }

  #onSubmit = (event) => {
    event.preventDefault();
    event.stopPropagation();
    this.toggle();
  };

  #onChange = ({ detail: { track, title, isLiked } }) => {
    if (track !== this.getAttribute("track")) return;
    if (title !== undefined) this.#button.setAttribute("aria-label", `Like ${title}`);
    if (isLiked !== undefined) this.isLiked = isLiked;
  };
}

/* Whether the site has kept it. The hearts show it at once, and as it was if not. */
async function keep(track, action, isLiked) {
  tell(track, isLiked);
  const body = new URLSearchParams({ csrfmiddlewaretoken: csrfToken(), favorite: isLiked ? "1" : "0" });
  const headers = { Accept: "application/json" };
  const answer = await fetch(action, { method: "POST", headers, body }).catch(() => null);
  if (answer?.ok) return true;
  tell(track, !isLiked);
  const message = answer?.status === 404
    ? "This track is not here any more."
    : "That was not kept. Check your connection and try again.";
  document.dispatchEvent(new CustomEvent("trouble", { detail: { message } }));
  return false;
}

function tell(track, isLiked) {
  document.dispatchEvent(new CustomEvent("track-changed", { detail: { track, isLiked } }));
}

customElements.define("track-like", TrackLike);
