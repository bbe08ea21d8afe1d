/* The dialog that asks for confirmation before a deletion: it opens when htmx has put something into it. */

class ModalDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    this.addEventListener("htmx:afterSwap", () => dialog.showModal());
    // In the capture phase, before the link is followed: it leads to the page behind, which need not be fetched.
    this.addEventListener("click", (event) => {
      const closes = event.target.closest("[data-close]");
      if (closes) {
        event.preventDefault();
        event.stopPropagation();
      }
      if (closes || event.target === dialog) dialog.close();
    }, { capture: true });
    this.addEventListener("submit", () => dialog.close());
  }
}

customElements.define("modal-dialog", ModalDialog);
