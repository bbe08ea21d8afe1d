/* A <details> that is a menu: it opens where there is room, closes on Escape, on a press elsewhere, and once something
   in it was chosen, and gives the focus back. */

const GAP = 8;

class PopMenu extends HTMLElement {
  connectedCallback() {
    document.addEventListener("click", this.#onClick);
    document.addEventListener("keydown", this.#onKey, { capture: true });
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.#onClick);
    document.removeEventListener("keydown", this.#onKey, { capture: true });
  }

  get #details() {
    return this.querySelector("details");
  }

  #close() {
    const hadFocus = this.contains(document.activeElement);
    this.#details.open = false;
    if (hadFocus) this.querySelector("summary").focus({ preventScroll: true });
  }

  /* Upwards where it would reach beyond the foot of the page, and no higher than there is room. */
  #place = () => {
    const menu = this.querySelector(".menu");
    menu.classList.remove("menu-above");
    menu.style.removeProperty("--menu-room");
    if (!this.#details.open) return;
    const summary = this.querySelector("summary").getBoundingClientRect();
    const { top, bottom } = menu.getBoundingClientRect();
    const below = floor() - summary.bottom - GAP;
    const above = summary.top - GAP;
    const isAbove = top < summary.top || (bottom > floor() && above > below);
    menu.classList.toggle("menu-above", isAbove && top >= summary.top);
    menu.style.setProperty("--menu-room", `${isAbove ? above : below}px`);
  };

  #onClick = (event) => {
    // A press on the summary has not opened it yet; it will have before the page is drawn.
    if (event.target.closest?.("summary") && this.contains(event.target)) requestAnimationFrame(this.#place);
    if (!this.#details.open) return;
    const chosen = event.target.closest?.("a, button");
    if (!this.contains(event.target)) this.#details.open = false;
    else if (chosen && this.contains(chosen)) this.#close();
  };

  #onKey = (event) => {
    if (event.key !== "Escape" || !this.#details.open) return;
    event.preventDefault();
    event.stopPropagation();
    this.#close();
  };
}

/* Where the page ends and the player or the tabs begin. */
function floor() {
  return innerHeight - (parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom) || 0);
}

customElements.define("pop-menu", PopMenu);
