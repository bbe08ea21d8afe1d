/* The dialog that asks before something is lost: what htmx puts into it is shown, and it goes with the page. */

class ModalDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    this.addEventListener("htmx:afterSwap", () => dialog.showModal());
    // Before the link hears of it: where it leads is behind the dialog, and need not be fetched.
    this.addEventListener("click", (event) => {
      if (!event.target.closest("[data-close]")) return;
      event.preventDefault();
      event.stopPropagation();
      dialog.close();
    }, { capture: true });
    this.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    this.addEventListener("submit", () => dialog.close());
  }
}

customElements.define("modal-dialog", ModalDialog);
