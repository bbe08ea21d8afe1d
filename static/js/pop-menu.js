/* A <details> that is a menu: it closes on Escape, on a click elsewhere, and once something in it was chosen. */

class PopMenu extends HTMLElement {
  connectedCallback() {
    document.addEventListener("click", this.#onClick);
    this.addEventListener("keydown", this.#onKey);
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.#onClick);
  }

  get #details() {
    return this.querySelector("details");
  }

  #onClick = (event) => {
    const chosen = event.target.closest?.("a, button");
    if (!this.contains(event.target) || (chosen && this.contains(chosen))) this.#details.open = false;
  };

  #onKey = (event) => {
    if (event.key !== "Escape" || !this.#details.open) return;
    this.#details.open = false;
    this.querySelector("summary").focus();
  };
}

customElements.define("pop-menu", PopMenu);
