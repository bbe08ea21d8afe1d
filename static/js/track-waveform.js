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
  /* The place at which a pointer holds it, until that is lifted. */
  #held = null;

  connectedCallback() {
    if (!this.hasAttribute("pointer-only")) {
      this.tabIndex = 0;
      this.setAttribute("role", "slider");
      this.setAttribute("aria-label", this.getAttribute("label") ?? "Position");
      this.setAttribute("aria-valuemin", "0");
      this.addEventListener("keydown", this.#onKey);
    }
    for (const [type, listener] of Object.entries(this.#pointer)) this.addEventListener(type, listener);
    // The site has drawn it as it is at the beginning; dozens of them need not be drawn again while a page starts.
    if (this.#time || this.hasAttribute("role")) this.#draw();
    this.dispatchEvent(new CustomEvent("track-shown", { bubbles: true }));
  }

  disconnectedCallback() {
    this.removeEventListener("keydown", this.#onKey);
    for (const [type, listener] of Object.entries(this.#pointer)) this.removeEventListener(type, listener);
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
    const time = this.#held ?? this.#time;
    const played = this.duration ? Math.min(1, time / this.duration) : 0;
    this.querySelector(".wave-played")?.setAttribute("width", ((box?.width ?? 0) * played).toFixed(2));
    if (!this.hasAttribute("role")) return;
    this.setAttribute("aria-valuemax", this.duration.toFixed(0));
    this.setAttribute("aria-valuenow", time.toFixed(0));
    this.setAttribute("aria-valuetext", `${spoken(time)} of ${spoken(this.duration)}`);
  }

  #seek(time) {
    const position = Math.min(Math.max(0, time), this.duration);
    this.dispatchEvent(
      new CustomEvent("track-seek", { bubbles: true, detail: { track: this.track, time: position } }),
    );
  }

  #hold(time) {
    this.#held = time;
    this.#draw();
  }

  #timeAt({ clientX }) {
    const { left, width } = this.getBoundingClientRect();
    return Math.min(Math.max(0, (clientX - left) / width), 1) * this.duration;
  }

  /* It seeks when the pointer is lifted: with a finger only that is a press, by which a browser lets music begin. A
     finger that goes up or down scrolls the page, and the browser takes the pointer away. */
  #pointer = {
    pointerdown: (event) => {
      if (event.button > 0 || !event.isPrimary) return;
      this.setPointerCapture(event.pointerId);
      this.#hold(this.#timeAt(event));
    },
    pointermove: (event) => {
      if (this.#held !== null) this.#hold(this.#timeAt(event));
    },
    pointerup: (event) => {
      if (this.#held === null) return;
      this.#hold(null);
      this.#seek(this.#timeAt(event));
    },
    pointercancel: () => this.#hold(null),
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
