/* The player at the foot of every page. It lies outside #main, so music goes on while pages come and go.

   Any button with `data-play` (a track's id, beside title, duration, src and href) plays that track here; any
   <track-waveform> of that track shows how far it is and may ask for another place by the event `track-seek`. */

import { clock } from "./clock.js";
import * as mediaSession from "./media-session.js";

const STORAGE_KEY = "player";

class AudioPlayer extends HTMLElement {
  #audio = new Audio();
  #track = null;
  #startAt = 0;
  #hasRetried = false;
  #frame = 0;
  #otherTabs = "BroadcastChannel" in window ? new BroadcastChannel("player") : null;

  connectedCallback() {
    this.#audio.preload = "none";
    this.append(this.#audio);
    for (const [type, listener] of Object.entries({
      play: this.#onPlay,
      playing: this.#onPlaying,
      pause: this.#onPause,
      ended: this.#onEnded,
      error: this.#onError,
      timeupdate: this.#showTime,
      seeking: this.#showTime,
      loadedmetadata: this.#onMetadata,
    })) {
      this.#audio.addEventListener(type, listener);
    }
    document.addEventListener("click", this.#onClick);
    document.addEventListener("track-seek", this.#onSeek);
    document.addEventListener("track-shown", this.#refresh);
    document.addEventListener("htmx:afterSettle", this.#refresh);
    document.addEventListener("submit", this.#onSubmit, true);
    addEventListener("pagehide", this.#save);
    this.#part("volume").addEventListener("input", (event) => {
      this.#audio.volume = Number(event.target.value);
    });
    if (this.#otherTabs) this.#otherTabs.onmessage = () => this.#audio.pause();
    this.#handleMediaKeys();
    this.#restore();
  }

  /* The media element itself, which lies outside the document. */
  get audio() {
    return this.#audio;
  }

  /* What is in the player, `id` among it; null where nothing is. */
  get track() {
    return this.#track;
  }

  get time() {
    return this.#time;
  }

  get #isPlaying() {
    return !this.#audio.paused;
  }

  get #time() {
    return this.#audio.readyState ? this.#audio.currentTime : this.#startAt;
  }

  #part(name) {
    return this.querySelector(`[data-player="${name}"]`);
  }

  #waveforms() {
    const id = this.#track?.id;
    return id ? document.querySelectorAll(`track-waveform[track="${id}"]`) : [];
  }

  /* Show a track in the bar, without playing it yet. */
  #load(track, time = 0) {
    for (const wave of this.#waveforms()) wave.time = 0;
    this.#track = track;
    this.#audio.src = track.src;
    this.#startAt = time;
    this.#hasRetried = false;
    this.#showError("");
    this.#part("title").textContent = track.title;
    this.#part("title").href = track.href;
    this.#part("total").textContent = clock(track.duration);
    const wave = this.#part("wave");
    wave.setAttribute("track", track.id);
    wave.setAttribute("duration", track.duration);
    if (track.picture) wave.picture = track.picture;
    this.hidden = false;
    mediaSession.showTrack(track.title, this.getAttribute("site") ?? "");
    this.#refresh();
  }

  #play() {
    this.#audio.play().catch((error) => {
      // Another track was chosen meanwhile, or the browser wants a press first: the bar shows a play button. What
      // cannot be loaded is reported by the event `error` as well, and must not count twice.
      if (!["AbortError", "NotAllowedError", "NotSupportedError"].includes(error.name)) throw error;
    });
  }

  #toggle() {
    if (this.#isPlaying) this.#audio.pause();
    else this.#play();
  }

  #seek(time) {
    this.#startAt = time;
    if (this.#audio.readyState) this.#audio.currentTime = time;
    this.#showTime();
  }

  #close() {
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    for (const wave of this.#waveforms()) wave.time = 0;
    this.#track = null;
    this.hidden = true;
    this.#save();
    this.#refresh();
    mediaSession.hideTrack();
  }

  #onClick = (event) => {
    const button = event.target.closest?.("[data-play]");
    if (button) {
      if (button.dataset.play !== this.#track?.id) this.#load(trackOf(button));
      this.#toggle();
      return;
    }
    const control = event.target.closest?.("[data-player]");
    if (control?.dataset.player === "toggle") this.#toggle();
    if (control?.dataset.player === "close") this.#close();
  };

  #onSeek = (event) => {
    const { track, time } = event.detail;
    if (track !== this.#track?.id) {
      const button = document.querySelector(`[data-play="${track}"]`);
      if (!button) return;
      this.#load(trackOf(button), time);
      this.#play();
    }
    this.#seek(time);
  };

  #onSubmit = (event) => {
    if (event.target.dataset?.removes === this.#track?.id && this.#track) this.#close();
  };

  #onMetadata = () => {
    if (this.#startAt) this.#audio.currentTime = this.#startAt;
  };

  #onPlay = () => {
    this.#otherTabs?.postMessage("playing");
    this.#refresh();
    this.#animate();
  };

  #onPlaying = () => {
    this.#hasRetried = false;
    this.#showError("");
  };

  #onPause = () => {
    this.#startAt = this.#audio.currentTime;
    cancelAnimationFrame(this.#frame);
    this.#refresh();
  };

  #onEnded = () => {
    this.#seek(0);
    this.#refresh();
  };

  /* A signed address lives for a while only: ask for a new one and go on from the same place, once. */
  #onError = () => {
    if (!this.#track || !this.#audio.getAttribute("src")) return;
    const time = this.#audio.currentTime || this.#startAt;
    if (this.#hasRetried) {
      this.#showError("This track cannot be played right now. Load the page anew and try again.");
      this.#refresh();
      return;
    }
    this.#hasRetried = true;
    this.#startAt = time;
    this.#audio.load();
    this.#play();
  };

  #animate = () => {
    this.#showTime();
    if (this.#isPlaying) this.#frame = requestAnimationFrame(this.#animate);
  };

  #showTime = () => {
    const time = this.#time;
    const text = clock(time);
    if (this.#part("elapsed").textContent !== text) {
      this.#part("elapsed").textContent = text;
      if (this.#track) mediaSession.showPosition(time, this.#track.duration);
    }
    for (const wave of this.#waveforms()) wave.time = time;
  };

  /* Label every play button with what a press on it would do now, and show the state of the player. */
  #refresh = () => {
    this.toggleAttribute("data-playing", this.#isPlaying);
    this.#part("toggle").setAttribute("aria-label", this.#isPlaying ? "Pause" : "Play");
    for (const button of document.querySelectorAll("[data-play]")) {
      const plays = this.#isPlaying && button.dataset.play === this.#track?.id;
      button.toggleAttribute("data-playing", plays);
      button.setAttribute("aria-label", `${plays ? "Pause" : "Play"} ${button.dataset.title}`);
    }
    mediaSession.showState(this.#track ? (this.#isPlaying ? "playing" : "paused") : "none");
    this.#showTime();
  };

  #showError(message) {
    if (this.#part("trouble").textContent !== message) this.#part("trouble").textContent = message;
  }

  #handleMediaKeys() {
    mediaSession.handleMediaKeys({
      play: () => this.#play(),
      pause: () => this.#audio.pause(),
      stop: () => this.#close(),
      seek: (time) => this.#seek(time),
      skip: (seconds) => this.#seek(Math.min(Math.max(0, this.#time + seconds), this.#track?.duration ?? 0)),
    });
  }

  /* After a full page load, as after logging in, the player is where it was, but paused. */
  #save = () => {
    if (this.#track) sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ ...this.#track, time: this.#time }));
    else sessionStorage.removeItem(STORAGE_KEY);
  };

  #restore() {
    const saved = sessionStorage.getItem(STORAGE_KEY);
    if (!saved) return;
    const { time, ...track } = JSON.parse(saved);
    customElements.whenDefined("track-waveform").then(() => this.#load(track, time));
  }
}

function trackOf(button) {
  const { play: id, title, duration, src, href } = button.dataset;
  const wave = document.querySelector(`track-waveform[track="${id}"]`);
  return { id, title, duration: Number(duration), src, href, picture: wave?.picture };
}

customElements.define("audio-player", AudioPlayer);
