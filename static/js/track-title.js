/* The title on a track's page: while it is a field, Escape gives it up. */

class TrackTitle extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", this.#onKey);
  }

  #onKey = (event) => {
    const cancel = this.querySelector("[data-cancel]");
    if (event.key !== "Escape" || !cancel) return;
    event.preventDefault();
    htmx.process(this); // the field has the focus a moment before htmx knows the link, which would load a page
    cancel.click();
  };
}

customElements.define("track-title", TrackTitle);
