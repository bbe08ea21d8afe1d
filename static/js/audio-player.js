/* The player at the foot of every page. It lies outside #main, so music goes on while pages come and go.

   Any button with `data-play` (a track's id, beside title, duration, src and href) plays that track here; any
   <track-waveform> of that track shows how far it is and may ask for another place by the event `track-seek`. */

const KEPT = "player";

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
    for (const [type, act] of Object.entries({
      play: this.#onPlay,
      playing: this.#onPlaying,
      pause: this.#onPause,
      ended: this.#onEnded,
      error: this.#onError,
      timeupdate: this.#showTime,
      seeking: this.#showTime,
      loadedmetadata: this.#onMetadata,
    })) {
      this.#audio.addEventListener(type, act);
    }
    document.addEventListener("click", this.#onClick);
    document.addEventListener("track-seek", this.#onSeek);
    document.addEventListener("track-shown", this.#refresh);
    document.addEventListener("htmx:afterSettle", this.#refresh);
    document.addEventListener("submit", this.#onSubmit, true);
    addEventListener("pagehide", this.#keep);
    this.#part("volume").addEventListener("input", (event) => {
      this.#audio.volume = Number(event.target.value);
    });
    if (this.#otherTabs) this.#otherTabs.onmessage = () => this.#audio.pause();
    this.#listenToKeys();
    this.#restore();
  }

  /* The media element itself, which lies outside the document. */
  get audio() {
    return this.#audio;
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

  #waves() {
    const id = this.#track?.id;
    return id ? document.querySelectorAll(`track-waveform[track="${id}"]`) : [];
  }

  /* Show a track in the bar, without playing it yet. */
  #load(track, time = 0) {
    for (const wave of this.#waves()) wave.time = 0;
    this.#track = track;
    this.#audio.src = track.src;
    this.#startAt = time;
    this.#hasRetried = false;
    this.#tell("");
    this.#part("title").textContent = track.title;
    this.#part("title").href = track.href;
    this.#part("total").textContent = clock(track.duration);
    const wave = this.#part("wave");
    wave.setAttribute("track", track.id);
    wave.setAttribute("duration", track.duration);
    if (track.picture) wave.picture = track.picture;
    this.hidden = false;
    this.#describe();
    this.#refresh();
  }

  #play() {
    this.#audio.play().catch((error) => {
      // Another track was chosen meanwhile, or the browser wants a press first: the bar shows a play button.
      if (error.name !== "AbortError" && error.name !== "NotAllowedError") this.#onError();
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
    for (const wave of this.#waves()) wave.time = 0;
    this.#track = null;
    this.hidden = true;
    this.#keep();
    this.#refresh();
    if ("mediaSession" in navigator) navigator.mediaSession.metadata = null;
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
    this.#follow();
  };

  #onPlaying = () => {
    this.#hasRetried = false;
    this.#tell("");
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
      this.#tell("This track cannot be played right now. Load the page anew and try again.");
      this.#refresh();
      return;
    }
    this.#hasRetried = true;
    this.#startAt = time;
    this.#audio.load();
    this.#play();
  };

  #follow = () => {
    this.#showTime();
    if (this.#isPlaying) this.#frame = requestAnimationFrame(this.#follow);
  };

  #showTime = () => {
    const time = this.#time;
    const words = clock(time);
    if (this.#part("elapsed").textContent !== words) {
      this.#part("elapsed").textContent = words;
      this.#tellPosition(time);
    }
    for (const wave of this.#waves()) wave.time = time;
  };

  /* Make every button on the page say what a press on it would do now. */
  #refresh = () => {
    this.toggleAttribute("data-playing", this.#isPlaying);
    this.#part("toggle").setAttribute("aria-label", this.#isPlaying ? "Pause" : "Play");
    for (const button of document.querySelectorAll("[data-play]")) {
      const plays = this.#isPlaying && button.dataset.play === this.#track?.id;
      button.toggleAttribute("data-playing", plays);
      button.setAttribute("aria-label", `${plays ? "Pause" : "Play"} ${button.dataset.title}`);
    }
    if ("mediaSession" in navigator) {
      navigator.mediaSession.playbackState = this.#track ? (this.#isPlaying ? "playing" : "paused") : "none";
    }
    this.#showTime();
  };

  #describe() {
    if (!("mediaSession" in navigator)) return;
    const { title } = this.#track;
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: this.getAttribute("site") ?? "" });
  }

  #tellPosition(time) {
    if (!("mediaSession" in navigator) || !this.#track) return;
    const { duration } = this.#track;
    navigator.mediaSession.setPositionState({ duration, position: Math.min(time, duration) });
  }

  #tell(trouble) {
    if (this.#part("trouble").textContent !== trouble) this.#part("trouble").textContent = trouble;
  }

  #listenToKeys() {
    if (!("mediaSession" in navigator)) return;
    const keys = {
      play: () => this.#play(),
      pause: () => this.#audio.pause(),
      stop: () => this.#close(),
      previoustrack: () => this.#seek(0),
      seekto: ({ seekTime }) => this.#seek(seekTime),
      seekbackward: ({ seekOffset }) => this.#seek(Math.max(0, this.#time - (seekOffset ?? 10))),
      seekforward: ({ seekOffset }) => this.#seek(Math.min(this.#track.duration, this.#time + (seekOffset ?? 10))),
    };
    for (const [name, act] of Object.entries(keys)) {
      try {
        navigator.mediaSession.setActionHandler(name, act);
      } catch {
        // This browser has no such key.
      }
    }
  }

  /* A page that has to be loaded whole, as after logging in, finds the player where it was, but silent. */
  #keep = () => {
    if (this.#track) sessionStorage.setItem(KEPT, JSON.stringify({ ...this.#track, time: this.#time }));
    else sessionStorage.removeItem(KEPT);
  };

  #restore() {
    const kept = sessionStorage.getItem(KEPT);
    if (!kept) return;
    const { time, ...track } = JSON.parse(kept);
    customElements.whenDefined("track-waveform").then(() => this.#load(track, time));
  }
}

function trackOf(button) {
  const { play: id, title, duration, src, href } = button.dataset;
  const wave = document.querySelector(`track-waveform[track="${id}"]`);
  return { id, title, duration: Number(duration), src, href, picture: wave?.picture };
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

customElements.define("audio-player", AudioPlayer);
