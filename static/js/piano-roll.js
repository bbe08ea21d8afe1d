/* The notes of a track, which move past while it is heard.

   Attributes: `track`, its id; `score`, where its score is found. Parts: `view`, which scrolls sideways; `canvas`;
   `section` and `chord`, which say what is heard; `parts`, the list of what colour is what; the buttons `in`, `out`
   and `follow`. Whoever scrolls it looks around until pressing “follow” or going to another place. */

import { follow, seekTo, timeOf } from "./follow-track.js";
import { RollPicture } from "./roll-picture.js";

/* Pixels a second; the widest view is the whole piece. */
const SCALES = [24, 48, 96];
const PLAYHEAD = 0.35;
const PAGE_START = 0.08;
/* Pixels within which a scroll is what this element asked for itself. */
const OWN = 2;
const SLOP = 8;
/* For so long the view may still swing from a key or a finger that moved it before. */
const SWING_MS = 400;
const SCROLLING_KEYS = ["ArrowLeft", "ArrowRight", "Home", "End"];
/* As many colours the style sheet has for parts. */
const PARTS = 10;

class PianoRoll extends HTMLElement {
  #score = null;
  #picture = null;
  #time = null;
  #zoom = 2;
  #isFollowing = true;
  #isNear = false;
  #scrolledTo = 0;
  #followedAt = -Infinity;
  #pressedAt = null;
  #colours = null;
  #ended = null;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  connectedCallback() {
    this.#ended = new AbortController();
    const { signal } = this.#ended;
    this.addEventListener("click", this.#onClick, { signal });
    this.#view.addEventListener("scroll", this.#onScroll, { signal, passive: true });
    this.#view.addEventListener("keydown", this.#onKey, { signal });
    this.#view.addEventListener("wheel", this.#onWheel, { signal, passive: true });
    this.#view.addEventListener("pointerdown", (event) => (this.#pressedAt = event), { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#forgetColours, { signal });
    const resized = new ResizeObserver(() => this.#place());
    const seen = new IntersectionObserver(([entry]) => this.#onNear(entry.isIntersecting), { rootMargin: "200px" });
    resized.observe(this.#view);
    seen.observe(this);
    const unfollow = follow(this.getAttribute("track"), this.#onTime);
    signal.addEventListener("abort", () => [resized.disconnect(), seen.disconnect(), unfollow()]);
  }

  disconnectedCallback() {
    this.#ended.abort();
  }

  #part(name) {
    return this.querySelector(`[data-roll="${name}"]`);
  }

  get #view() {
    return this.#part("view");
  }

  get #scales() {
    const whole = this.#view.clientWidth / this.#score.duration;
    return [whole, ...SCALES.filter((scale) => scale > whole)];
  }

  get #scale() {
    return this.#scales[Math.min(this.#zoom, this.#scales.length - 1)];
  }

  async #onNear(isNear) {
    this.#isNear = isNear;
    if (isNear && !this.#score) await this.#load();
    this.#draw();
  }

  async #load() {
    this.#score = {};
    const answer = await fetch(this.getAttribute("score")).catch(() => null);
    if (!answer?.ok) {
      this.#score = null;
      this.hidden = true;
      return;
    }
    const score = await answer.json();
    this.#score = score;
    this.#picture = new RollPicture(score);
    this.#part("parts").replaceChildren(...namesOf(score.parts).map(legend));
    this.#time = timeOf(this.getAttribute("track"));
    this.#place();
  }

  /* Make the view as long as the piece is at this scale, and go to what is heard. */
  #place() {
    if (!this.#picture) return;
    const length = Math.ceil(this.#score.duration * this.#scale);
    this.#part("length").style.setProperty("--length", `${Math.max(length, this.#view.clientWidth)}px`);
    // Not `disabled`, which would take the focus from the button that was pressed.
    this.#part("out").setAttribute("aria-disabled", this.#zoom === 0);
    this.#part("in").setAttribute("aria-disabled", this.#zoom >= this.#scales.length - 1);
    this.#scroll();
    this.#draw();
  }

  #onTime = (time) => {
    this.#time = time;
    if (!this.#picture || !this.#isNear) return;
    this.#scroll();
    this.#draw();
  };

  #scroll() {
    if (!this.#isFollowing || this.#time === null) return;
    const { clientWidth, scrollLeft } = this.#view;
    const place = this.#time * this.#scale;
    const isSeen = place >= scrollLeft && place <= scrollLeft + clientWidth;
    if (this.#still.matches && isSeen) return;
    this.#view.scrollLeft = place - clientWidth * (this.#still.matches ? PAGE_START : PLAYHEAD);
    this.#scrolledTo = this.#view.scrollLeft;
  }

  #onScroll = () => {
    if (Math.abs(this.#view.scrollLeft - this.#scrolledTo) <= OWN) return;
    if (performance.now() - this.#followedAt > SWING_MS) this.#setFollowing(false);
    this.#draw();
  };

  /* A key or a wheel moves the view by so little at first that following would take it back before that is seen. */
  #onKey = ({ key }) => {
    if (SCROLLING_KEYS.includes(key)) this.#setFollowing(false);
  };

  #onWheel = ({ deltaX, deltaY, shiftKey }) => {
    if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) this.#setFollowing(false);
  };

  #setFollowing(isFollowing) {
    this.#isFollowing = isFollowing;
    if (isFollowing) this.#followedAt = performance.now();
    this.#scrolledTo = this.#view.scrollLeft;
    this.#part("follow").setAttribute("aria-pressed", isFollowing);
    this.#scroll();
  }

  #draw() {
    if (!this.#picture || !this.#isNear) return;
    const { clientWidth: width, clientHeight: height, scrollLeft } = this.#view;
    this.#colours ??= coloursOf(this.#part("canvas"));
    const place = { width, height, from: scrollLeft / this.#scale, scale: this.#scale, time: this.#time };
    this.#picture.draw(this.#part("canvas"), { ...place, colours: this.#colours });
    this.#say("section", this.#score.sections);
    this.#say("chord", this.#score.chords);
  }

  #say(part, stretches) {
    const time = this.#time ?? 0;
    const { name } = stretches.find(({ start, end }) => start <= time && time < end) ?? stretches.at(-1);
    if (this.#part(part).textContent !== name) this.#part(part).textContent = name;
  }

  #forgetColours = () => {
    this.#colours = null;
    this.#draw();
  };

  #onClick = (event) => {
    const { roll } = event.target.closest("[data-roll]")?.dataset ?? {};
    if (roll === "follow") this.#setFollowing(!this.#isFollowing);
    if (roll === "in" || roll === "out") {
      const most = this.#scales.length - 1;
      this.#zoom = Math.min(Math.max(0, Math.min(this.#zoom, most) + (roll === "in" ? 1 : -1)), most);
      this.#place();
    }
    if (event.target === this.#part("canvas") && this.#picture) this.#seek(event);
  };

  /* A press is none where the pointer was drawn across, as to scroll. */
  #seek({ clientX, clientY }) {
    const began = this.#pressedAt;
    if (began && Math.hypot(clientX - began.clientX, clientY - began.clientY) > SLOP) return;
    const { left } = this.#part("canvas").getBoundingClientRect();
    this.#setFollowing(true);
    seekTo(this.getAttribute("track"), (this.#view.scrollLeft + clientX - left) / this.#scale);
  }
}

/* The style sheet gives the canvas the colours of its picture, as those of a text and its lines. */
function coloursOf(canvas) {
  const style = getComputedStyle(canvas);
  const { color, borderTopColor, outlineColor, textDecorationColor, fontFamily } = style;
  return {
    parts: Array.from({ length: PARTS }, (_, number) => style.getPropertyValue(`--part-${number}`).trim()),
    line: borderTopColor,
    strongLine: textDecorationColor,
    text: color,
    accent: outlineColor,
    font: `600 13px ${fontFamily}`,
  };
}

/* What the parts are called: by their instrument, and by their role where two have the same. */
function namesOf(parts) {
  const spoken = (text) => text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
  const instruments = parts.map(({ instrument }) => instrument);
  return parts.map(({ role, instrument, is_drums: isDrums }) => {
    if (isDrums) return "Drums";
    const isOnly = instruments.filter((each) => each === instrument).length === 1;
    return isOnly ? spoken(instrument) : `${spoken(instrument)}, ${role.replaceAll("_", " ")}`;
  });
}

function legend(name, number) {
  const item = document.createElement("li");
  item.className = `roll-part roll-part-${number % PARTS}`;
  item.textContent = name;
  return item;
}

customElements.define("piano-roll", PianoRoll);
