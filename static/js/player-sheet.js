/* The player in full: over the whole screen, as a dialog. The button of the browser or the phone that leads back closes
   it: it is an entry of the history. */

/* How htmx marks the pages that it loads when one goes back to them, and how the page below the sheet is marked, which
   is there still. */
const PAGE = { htmx: true };
const BELOW = { isBelowPlayer: true };
/* What is above it, or said beside it. */
const STAYS = "audio-player, modal-dialog, #toasts, #announcer";

export class PlayerSheet {
  #player;
  #section;
  #opener = null;
  #isOpen = false;

  constructor(player) {
    this.#player = player;
    this.#section = player.querySelector("section");
    addEventListener("popstate", this.#onBack);
    document.addEventListener("keydown", this.#onKey);
    document.addEventListener("htmx:beforeHistoryUpdate", this.#onGoing);
  }

  get isOpen() {
    return this.#isOpen;
  }

  open(opener) {
    if (this.#isOpen) return;
    this.#opener = opener;
    history.replaceState(BELOW, "");
    history.pushState(PAGE, "");
    this.#show(true);
    this.#player.querySelector("[data-player=shrink]").focus();
  }

  close() {
    if (this.#isOpen) history.back();
  }

  #show(isOpen) {
    this.#isOpen = isOpen;
    this.#player.toggleAttribute("data-full", isOpen);
    for (const other of document.body.children) if (!other.matches(STAYS)) other.inert = isOpen;
    document.documentElement.classList.toggle("player-in-full", isOpen);
    const role = isOpen ? { role: "dialog", "aria-modal": "true" } : { role: null, "aria-modal": null };
    for (const [name, value] of Object.entries(role)) {
      if (value) this.#section.setAttribute(name, value);
      else this.#section.removeAttribute(name);
    }
  }

  #onBack = ({ state }) => {
    if (!state?.isBelowPlayer) return;
    history.replaceState(PAGE, "");
    if (this.#isOpen) {
      this.#show(false);
      const below = this.#player.hidden ? document.getElementById("main") : this.#opener;
      below?.focus();
      // The browser itself then goes to the part of the page that its address names, such as #main.
      setTimeout(() => below?.focus());
    } else {
      // From the page to which a link in the sheet led, or after that page was loaded whole.
      dispatchEvent(new PopStateEvent("popstate", { state: PAGE }));
    }
  };

  #onKey = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !this.#isOpen) return;
    if (!document.querySelector("dialog[open]")) this.close();
  };

  /* A link in it was followed: the page takes the place of its entry in the history. */
  #onGoing = ({ detail }) => {
    if (!this.#isOpen) return;
    detail.history.type = "replace";
    this.#show(false);
  };
}
