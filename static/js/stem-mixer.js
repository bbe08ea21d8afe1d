/* The mixer of a track's page: mute, solo and level for each stem while the track plays.

   Attributes: `track`, its id; `src`, where the address of the stems is asked for. The player's media element stays
   what plays, pauses and seeks; as soon as a stem is touched it goes silent, and the stems are heard in its place. What
   fetches and plays them comes when the mixer is opened: most visits never do. */

import { player, timeOf } from "./follow-track.js";
import { SilencedAudio } from "./silenced-audio.js";

const EVENTS = ["play", "playing", "pause", "seeking", "seeked", "waiting", "ended", "emptied"];
/* Farther from the stems than that, a few times in a row, the media element is put where they are: it is not heard. */
const FARTHEST = 0.1;
const TIMES = 4;
const ENDS = ["pause", "ended", "emptied"];
const REST_SECONDS = 2;
const TITLES = { fx: "Effects" };
const LOADING = "Loading the stems…";
const LOADING_AFTER_MS = 400;
const FAILED = "The stems cannot be loaded right now. Try again in a moment.";

class StemMixer extends HTMLElement {
  #file = null;
  #makePlayback = null;
  #playback = null;
  #silenced = null;
  #strips = new Map();
  #ended = null;
  #loading = 0;
  #astray = 0;
  /* Where this element has put the media element, until that is there. */
  #movedTo = null;

  connectedCallback() {
    this.#ended = new AbortController();
    const { signal } = this.#ended;
    this.addEventListener("click", this.#onClick, { signal });
    this.addEventListener("input", this.#onInput, { signal });
    customElements.whenDefined("audio-player").then(() => {
      if (signal.aborted) return;
      const { audio } = player();
      this.#silenced = new SilencedAudio(audio);
      for (const type of EVENTS) audio.addEventListener(type, this.#update, { signal });
      audio.addEventListener("volumechange", this.#showVolume, { signal });
      audio.addEventListener("timeupdate", this.#keepClose, { signal });
    });
  }

  disconnectedCallback() {
    this.#ended.abort();
    this.#release();
  }

  /* What plays the stems while they are heard, and where they come from. */
  get playback() { return this.#playback; }

  get file() { return this.#file; }

  #part(name) {
    return this.querySelector(`[data-mixer="${name}"]`);
  }

  #say(words) {
    if (this.#part("said").textContent !== words) this.#part("said").textContent = words;
  }

  async #open() {
    const button = this.#part("open");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      const parts = await Promise.all([import("./stem-file.js"), import("./stem-playback.js")]);
      const [{ StemFile }, { StemPlayback }] = parts;
      this.#makePlayback = (...values) => new StemPlayback(...values);
      this.#file = await StemFile.open(() => this.#address());
      this.#say("");
      this.#showStrips();
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#say(error instanceof Refusal ? error.message : FAILED);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  /* The signed address of the stems, waiting while they are made. */
  async #address() {
    const { signal } = this.#ended;
    const began = performance.now();
    for (;;) {
      const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "application/json" }, signal });
      const body = await answer.json().catch(() => ({}));
      if (answer.status === 200) return body.url;
      if (answer.status !== 202) throw new Refusal(body.detail ?? FAILED);
      this.#say(makingWords(body.seconds, (performance.now() - began) / 1000));
      const pause = Number(answer.headers.get("Retry-After")) || REST_SECONDS;
      await new Promise((resolve) => setTimeout(resolve, 1000 * pause));
    }
  }

  #showStrips() {
    const hadFocus = this.contains(document.activeElement);
    const rows = this.#file.stems.filter((stem) => !this.#file.isSilent(stem)).map((stem) => this.#strip(stem));
    this.#part("strips").replaceChildren(...rows);
    this.#part("closed").hidden = true;
    this.#part("desk").hidden = false;
    if (hadFocus) this.querySelector("[data-switch]").focus();
  }

  #strip(stem) {
    const row = this.#part("strip").content.firstElementChild.cloneNode(true);
    const title = TITLES[stem] ?? stem.charAt(0).toUpperCase() + stem.slice(1);
    row.querySelector(".mixer-name").textContent = title;
    for (const button of row.querySelectorAll("[data-switch]")) {
      button.setAttribute("aria-label", `${button.textContent.trim()} ${title.toLowerCase()}`);
    }
    row.querySelector("input").setAttribute("aria-label", `Level of ${title.toLowerCase()}`);
    row.dataset.stem = stem;
    this.#strips.set(stem, { level: 100, mute: false, solo: false, row });
    return row;
  }

  #onClick = (event) => {
    if (event.target.closest("[data-mixer=open]")) this.#open();
    if (event.target.closest("[data-mixer=reset]")) this.#reset();
    const button = event.target.closest("[data-switch]");
    if (!button) return;
    const strip = this.#strips.get(button.closest("[data-stem]").dataset.stem);
    strip[button.dataset.switch] = !strip[button.dataset.switch];
    this.#apply();
  };

  #onInput = (event) => {
    const stem = event.target.closest("[data-stem]")?.dataset.stem;
    if (!stem) return;
    this.#strips.get(stem).level = Number(event.target.value);
    this.#apply();
  };

  #reset() {
    for (const strip of this.#strips.values()) Object.assign(strip, { level: 100, mute: false, solo: false });
    this.#apply();
  }

  get #isMixed() {
    return [...this.#strips.values()].some(({ level, mute, solo }) => level < 100 || mute || solo);
  }

  /* How loud each stem is to be: what plays alone is heard, muted or not. */
  *#levels() {
    const isSolo = [...this.#strips.values()].some(({ solo }) => solo);
    for (const [stem, { level, mute, solo }] of this.#strips) {
      yield [stem, (isSolo ? solo : !mute) ? (level / 100) ** 2 : 0];
    }
  }

  #apply() {
    for (const { row, level, mute, solo } of this.#strips.values()) {
      row.querySelector("[data-switch=mute]").setAttribute("aria-pressed", mute);
      row.querySelector("[data-switch=solo]").setAttribute("aria-pressed", solo);
      row.querySelector("input").value = level;
    }
    for (const [stem, level] of this.#levels()) {
      this.#strips.get(stem).row.toggleAttribute("data-silent", level === 0);
      this.#playback?.setLevel(stem, level);
    }
    this.#part("reset").setAttribute("aria-disabled", !this.#isMixed);
    this.#update();
  }

  /* Let the stems do what the media element does. */
  #update = (event) => {
    if (!this.#file || this.#isOwnMove(event?.type)) return;
    const { audio } = player();
    const isHere = timeOf(this.getAttribute("track")) !== null;
    // By the time that this is said the media element may be at its new place already.
    if (event?.type === "seeking") this.#playback?.stop();
    // Back to what the track itself is, it goes on by itself after the next pause: a change meanwhile would be heard.
    if (!isHere || (!this.#isMixed && (audio.paused || !this.#playback))) this.#release();
    else if (audio.paused) this.#playback?.rest();
    else if (audio.seeking || audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#playback?.stop();
    else if (!this.#playback?.isRunning) this.#start();
  };

  /* Whether this element has moved the media element itself, which says so by several events. Where somebody else has
     moved it meanwhile, or it has ended, all of them count again. */
  #isOwnMove(type) {
    if (this.#movedTo === null) return false;
    const { currentTime, seeking } = player().audio;
    const isElsewhere = seeking ? currentTime !== this.#movedTo : Math.abs(currentTime - this.#movedTo) > FARTHEST;
    if (ENDS.includes(type) || isElsewhere) {
      this.#movedTo = null;
      return false;
    }
    if (type === "seeked") {
      this.#movedTo = null;
      return true;
    }
    return EVENTS.includes(type);
  }

  async #start() {
    this.#playback ??= this.#makePlayback(this.#file, () => player().audio.currentTime, this.#onTrouble);
    const { playback } = this;
    this.#showVolume();
    for (const [stem, level] of this.#levels()) playback.setLevel(stem, level);
    clearTimeout(this.#loading);
    this.#loading = setTimeout(() => this.#say(LOADING), LOADING_AFTER_MS);
    try {
      const delay = await playback.start();
      // One that was stopped has nothing to load; one that was begun anew meanwhile says so itself.
      if (delay !== null || (playback === this.#playback && !playback.isRunning)) this.#endLoading();
      if (delay === null) return;
      setTimeout(() => playback === this.#playback && this.#silenced.silence(), 1000 * delay);
      this.#say("");
    } catch (error) {
      if (playback === this.#playback) this.#onTrouble(error);
    }
  }

  #endLoading() {
    clearTimeout(this.#loading);
    if (this.#part("said").textContent === LOADING) this.#say("");
  }

  #release() {
    this.#endLoading();
    this.#silenced?.release();
    this.#playback?.close();
    this.#playback = null;
  }

  #onTrouble = (error) => {
    console.warn("The stems cannot be played:", error);
    this.#release();
    this.#say(error instanceof Refusal ? error.message : FAILED);
  };

  #showVolume = () => {
    const { volume, muted } = player().audio;
    if (this.#playback) this.#playback.volume = muted ? 0 : volume;
  };

  #keepClose = () => {
    const lead = this.#playback?.lead ?? 0;
    this.#astray = Math.abs(lead) > FARTHEST ? this.#astray + 1 : 0;
    if (this.#astray < TIMES) return;
    this.#astray = 0;
    const { audio } = player();
    audio.currentTime += lead;
    this.#movedTo = audio.currentTime;
  };
}

/* What the site says in place of the stems. */
class Refusal extends Error {}

function makingWords(seconds, gone) {
  if (!seconds) return "The stems are being made.";
  const left = Math.round((seconds - gone) / 5) * 5;
  if (left >= 5) return `The stems are being made: about ${left} seconds more.`;
  return gone < 2 * seconds + 10
    ? "The stems are being made: they will be here in a moment."
    : "The stems are being made. This takes longer than usual: others may wait in line too.";
}

customElements.define("stem-mixer", StemMixer);
