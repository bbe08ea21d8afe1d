/* Counts on from the `seconds` that the server gave. */

import { clock } from "./clock.js";

class ElapsedTime extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    const began = performance.now() - Number(this.getAttribute("seconds")) * 1000;
    this.#timer = setInterval(() => {
      this.textContent = clock((performance.now() - began) / 1000);
    }, 250);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }
}

customElements.define("elapsed-time", ElapsedTime);
