/* Counts on from the `seconds` that the server gave. */

class ElapsedTime extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    const began = performance.now() - Number(this.getAttribute("seconds")) * 1000;
    this.#timer = setInterval(() => {
      const seconds = Math.floor((performance.now() - began) / 1000);
      this.textContent = clock(seconds);
    }, 250);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }
}

/* Like the filter of the same name in the templates. */
function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

customElements.define("elapsed-time", ElapsedTime);
