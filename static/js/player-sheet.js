/* The player in full: over the whole screen, as a dialog. The button of the browser or the phone that leads back closes
   it: it is an entry of the history. */

export class PlayerSheet {
  #player;
  #section;
  #opener = null;
  #isOpen = false;
  #leadBack = null;

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
    // As htmx marks the pages to which it can lead back.
    history.replaceState({ htmx: true }, "");
    history.pushState({ htmx: true }, "");
    this.#show(true);
    this.#player.querySelector("[data-player=shrink]").focus();
  }

  close() {
    if (this.#isOpen) history.back();
  }

  #show(isOpen) {
    this.#isOpen = isOpen;
    // htmx would load the page anew that is not left.
    if (isOpen) [this.#leadBack, window.onpopstate] = [window.onpopstate, null];
    else window.onpopstate = this.#leadBack;
    this.#player.toggleAttribute("data-full", isOpen);
    for (const other of document.body.children) {
      if (other !== this.#player && other.id !== "announcer" && other.localName !== "modal-dialog") other.inert = isOpen;
    }
    document.documentElement.classList.toggle("player-in-full", isOpen);
    const role = isOpen ? { role: "dialog", "aria-modal": "true" } : { role: null, "aria-modal": null };
    for (const [name, value] of Object.entries(role)) {
      if (value) this.#section.setAttribute(name, value);
      else this.#section.removeAttribute(name);
    }
  }

  #onBack = () => {
    if (!this.#isOpen) return;
    this.#show(false);
    (this.#player.hidden ? document.getElementById("main") : this.#opener)?.focus();
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
