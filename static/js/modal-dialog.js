/* A dialog over the page. What htmx puts into it opens it, as who may hear a track, or the question before a token is
   revoked; others call `show`. A form in it closes it when it is sent, unless it has `data-stays`. The focus goes back to
   what it was opened from. */

class ModalDialog extends HTMLElement {
  #opener = null;

  connectedCallback() {
    const dialog = this.#dialog;
    this.addEventListener("htmx:afterSwap", ({ detail }) => this.show(detail.requestConfig?.elt));
    // In the capture phase, before the link is followed: it leads to the page behind, which need not be fetched.
    this.addEventListener("click", (event) => {
      const closes = event.target.closest("[data-close]");
      if (closes) {
        event.preventDefault();
        event.stopPropagation();
      }
      if (closes || event.target === dialog) dialog.close();
    }, { capture: true });
    this.addEventListener("submit", ({ target }) => {
      if (!("stays" in target.dataset)) dialog.close();
    });
    dialog.addEventListener("close", this.#onClose);
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  show(opener = document.activeElement) {
    if (this.#dialog.open) return; // a form in it has had a part of it drawn anew
    this.#opener = opener;
    this.#dialog.showModal();
  }

  /* A browser gives the focus back by itself, unless what had it is hidden, as in a menu that has closed, or never got
     it, as a link that was pressed in Safari. */
  #onClose = () => {
    if (document.activeElement !== document.body) return;
    const menu = this.#opener?.closest("details:not([open])");
    (menu?.querySelector("summary") ?? this.#opener)?.focus();
  };
}

customElements.define("modal-dialog", ModalDialog);
