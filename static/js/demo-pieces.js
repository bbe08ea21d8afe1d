/* Pieces to hear before the first order: one that was asked for plays once it is made, unless another was meanwhile. */

class DemoPieces extends HTMLElement {
  #wanted = "";

  connectedCallback() {
    this.addEventListener("submit", (event) => {
      this.#wanted = event.target.closest(".demo").id;
    });
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-play]")) this.#wanted = "";
    });
    this.addEventListener("htmx:afterSettle", this.#play);
  }

  #play = () => {
    const button = this.#wanted && this.querySelector(`#${this.#wanted} [data-play]`);
    if (button) button.click();
  };
}

customElements.define("demo-pieces", DemoPieces);
