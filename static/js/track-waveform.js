/* The waveform of a track: shows how much of it has been played, and seeks in it.

   Attributes: `track`, its id; `duration`, in seconds; `label`, what it is called; `pointer-only`, where another
   control does the same for the keyboard. Asks the player to seek by the event `track-seek` {track, time}. */

// Seconds by which the arrow keys and the page keys seek, and how far from the end the key End leads.
const STEP = 5;
const PAGE_STEP = 15;
const BEFORE_END = 1;

class TrackWaveform extends HTMLElement {
  static observedAttributes = ["duration"];

  #time = 0;

  connectedCallback() {
    if (!this.hasAttribute("pointer-only")) {
      this.tabIndex = 0;
      this.setAttribute("role", "slider");
      this.setAttribute("aria-label", this.getAttribute("label") ?? "Position");
      this.setAttribute("aria-valuemin", "0");
      this.addEventListener("keydown", this.#onKey);
    }
    this.addEventListener("pointerdown", this.#onPointer);
    this.addEventListener("pointermove", this.#onPointer);
    this.#draw();
    this.dispatchEvent(new CustomEvent("track-shown", { bubbles: true }));
  }

  disconnectedCallback() {
    this.removeEventListener("keydown", this.#onKey);
    this.removeEventListener("pointerdown", this.#onPointer);
    this.removeEventListener("pointermove", this.#onPointer);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#draw();
  }

  get track() {
    return this.getAttribute("track");
  }

  get duration() {
    return Number(this.getAttribute("duration")) || 0;
  }

  /* The shape drawn, so that another waveform can show the same. */
  get picture() {
    const svg = this.querySelector("svg");
    return { viewBox: svg.getAttribute("viewBox"), path: svg.querySelector("path").getAttribute("d") };
  }

  set picture({ viewBox, path }) {
    const svg = this.querySelector("svg");
    svg.setAttribute("viewBox", viewBox);
    svg.querySelector("path").setAttribute("d", path);
    this.#draw();
  }

  /* Seconds played so far. */
  set time(seconds) {
    this.#time = seconds;
    this.#draw();
  }

  #draw() {
    const box = this.querySelector("svg")?.viewBox.baseVal;
    const played = this.duration ? Math.min(1, this.#time / this.duration) : 0;
    this.querySelector(".wave-played")?.setAttribute("width", ((box?.width ?? 0) * played).toFixed(2));
    if (!this.hasAttribute("role")) return;
    this.setAttribute("aria-valuemax", this.duration.toFixed(0));
    this.setAttribute("aria-valuenow", this.#time.toFixed(0));
    this.setAttribute("aria-valuetext", `${spoken(this.#time)} of ${spoken(this.duration)}`);
  }

  #seek(time) {
    const position = Math.min(Math.max(0, time), this.duration);
    this.dispatchEvent(
      new CustomEvent("track-seek", { bubbles: true, detail: { track: this.track, time: position } }),
    );
  }

  #onPointer = (event) => {
    if (event.button > 0 || (event.type === "pointermove" && !(event.buttons & 1))) return;
    if (event.type === "pointerdown") this.setPointerCapture(event.pointerId);
    const box = this.getBoundingClientRect();
    this.#seek(((event.clientX - box.left) / box.width) * this.duration);
  };

  #onKey = (event) => {
    const target = {
      ArrowRight: this.#time + STEP,
      ArrowUp: this.#time + STEP,
      ArrowLeft: this.#time - STEP,
      ArrowDown: this.#time - STEP,
      PageUp: this.#time + PAGE_STEP,
      PageDown: this.#time - PAGE_STEP,
      Home: 0,
      End: this.duration - BEFORE_END,
    }[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#seek(target);
  };
}

function spoken(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = Math.floor(seconds % 60);
  const parts = [];
  if (minutes) parts.push(`${minutes} ${minutes === 1 ? "minute" : "minutes"}`);
  if (rest || !minutes) parts.push(`${rest} ${rest === 1 ? "second" : "seconds"}`);
  return parts.join(" ");
}

customElements.define("track-waveform", TrackWaveform);
