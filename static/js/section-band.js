/* The sections of a track along its waveform: each is a button that seeks to where it begins, and the one that is heard
   is marked. Attributes: `track`, its id; `duration`, in seconds. Its buttons have `data-start` and `data-end`. */

import { follow, seekTo } from "./follow-track.js";

class SectionBand extends HTMLElement {
  #unfollow = () => {};

  connectedCallback() {
    const duration = Number(this.getAttribute("duration"));
    for (const button of this.#buttons) {
      const { start, end } = button.dataset;
      button.parentElement.style.setProperty("--from", `${(100 * start) / duration}%`);
      button.parentElement.style.setProperty("--length", `${(100 * (end - start)) / duration}%`);
    }
    this.toggleAttribute("data-placed", true);
    this.addEventListener("click", this.#onClick);
    this.#unfollow = follow(this.getAttribute("track"), this.#mark);
  }

  disconnectedCallback() {
    this.#unfollow();
  }

  get #buttons() {
    return this.querySelectorAll("button");
  }

  #mark = (time) => {
    for (const button of this.#buttons) {
      const isHeard = time !== null && button.dataset.start <= time && time < button.dataset.end;
      if (isHeard === button.hasAttribute("aria-current")) continue;
      if (isHeard) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  };

  #onClick = (event) => {
    const button = event.target.closest("button");
    if (button) seekTo(this.getAttribute("track"), Number(button.dataset.start));
  };
}

customElements.define("section-band", SectionBand);
