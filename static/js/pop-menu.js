/* A <details> that is a menu: it opens where there is room, closes on Escape, on a press elsewhere, and once something
   in it was chosen, and gives the focus back.

   Attribute: `late`, of a menu that stands on a page dozens of times. What it holds is taken out of the page until it
   is opened first, so that a page is ready sooner: for each link in it htmx would take as long as for one in sight. */

const GAP = 8;

class PopMenu extends HTMLElement {
  /* What was taken out of the page. */
  #held = null;

  connectedCallback() {
    if (this.hasAttribute("late")) this.#hold();
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

  /* A menu that was opened before this script was there stays. */
  #hold() {
    if (this.#held || this.#details.open) return;
    this.#held = this.querySelector(".menu");
    this.#held.remove();
  }

  #fill() {
    const menu = this.#held;
    if (!menu) return;
    this.#held = null;
    this.#details.append(menu);
    window.htmx?.process(menu);
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
    if (event.target.closest?.("summary") && this.contains(event.target)) {
      this.#fill();
      requestAnimationFrame(this.#place);
    }
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
