/* The dialog that asks before something is lost: what htmx puts into it is shown, and it goes with the page. */

class ModalDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    this.addEventListener("htmx:afterSwap", () => dialog.showModal());
    // Heard before the link hears of it: where it leads is behind the dialog, and need not be fetched.
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
