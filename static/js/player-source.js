/* Where the player's sound comes from: a track's address, which leads to a signed one that lives for a while only.

   A media element that is refused the rest of a file asks for it some thirty times, for half a minute, before it says
   so. So this asks the site when the address ends, and opens the track anew at the same place before anything is asked
   of an address that has ended; and when no more sound comes, it looks whether the site has another address by now. */

import { Retries } from "./player-retries.js";

const LOOK_MS = 100;
/* Without a byte for so long it is asked whether the address is still good; and then, tried again. */
const SILENCE_MS = 700;
const LONG_SILENCE_MS = 6_000;
/* An address that ends within that is as good as ended. */
const MARGIN_MS = 1_000;
const AT_END_SECONDS = 0.5;
const FAILED = "This track cannot be played right now. Try again in a moment.";
const GONE = "This track is not here any more.";
const TRYING = "The sound has stopped. Trying again…";

export class PlayerSource {
  #audio;
  #onTrouble;
  #src = "";
  #startAt = 0;
  #address = null;
  #retries = new Retries();
  #retryTimer = 0;
  #stall = null;
  #heardBytesAt = 0;
  #hasFailed = false;

  /* `onTrouble` is called with what there is to say about the sound, "" once it is well again. */
  constructor(audio, onTrouble) {
    this.#audio = audio;
    this.#onTrouble = onTrouble;
    for (const [type, listener] of Object.entries({
      loadedmetadata: this.#onMetadata,
      timeupdate: this.#onTime,
      progress: () => (this.#heardBytesAt = performance.now()),
      waiting: this.#onWaiting,
      stalled: this.#onWaiting,
      playing: this.#onPlaying,
      pause: this.#onPause,
      error: this.#onError,
    })) {
      audio.addEventListener(type, listener);
    }
    addEventListener("online", () => this.#hasFailed && this.play());
  }

  /* Where the sound is, in seconds, also while it is being opened. */
  get time() {
    return this.#audio.readyState ? this.#audio.currentTime : this.#startAt;
  }

  /* Take another track, to start at `time`. */
  open(src, time = 0) {
    this.#src = src;
    this.#retries.forget();
    this.#onTrouble("");
    this.#openAt(time);
  }

  close() {
    this.#src = "";
    this.#stop();
  }

  /* To be called in the press itself, for later no browser would let it play. */
  play() {
    this.#retries.forget();
    const isOutOfReach = this.#hasEnded && !this.#isLoaded(this.time, this.#audio.duration);
    if (this.#hasFailed || this.#audio.error || isOutOfReach) this.#openAt(this.time);
    this.#start();
  }

  #start() {
    this.#audio.play().catch((error) => {
      // Another track was chosen meanwhile, or the browser wants a press first: the bar shows a play button. What
      // cannot be loaded is reported by the event `error` as well, and must not count twice.
      if (!["AbortError", "NotAllowedError", "NotSupportedError"].includes(error.name)) throw error;
    });
  }

  seek(time) {
    this.#retries.forget();
    if (this.#hasEnded && !this.#isLoaded(time, time)) {
      this.#reopen(time);
    } else {
      this.#startAt = time;
      if (this.#audio.readyState) this.#audio.currentTime = time;
    }
  }

  get #hasEnded() {
    return this.#address !== null && Date.now() > this.#address.end - MARGIN_MS;
  }

  #isLoaded(from, to) {
    const { buffered } = this.#audio;
    for (let part = 0; part < buffered.length; part += 1) {
      if (buffered.start(part) <= from && buffered.end(part) >= to - AT_END_SECONDS && buffered.end(part) > from) {
        return true;
      }
    }
    return false;
  }

  #openAt(time) {
    this.#endStall();
    clearTimeout(this.#retryTimer);
    this.#hasFailed = false;
    this.#address = null;
    this.#startAt = time;
    this.#audio.src = this.#src;
  }

  /* Open the track anew and go on as before. */
  #reopen(time = this.time) {
    const wasPlaying = !this.#audio.paused;
    this.#openAt(time);
    if (wasPlaying) this.#start();
  }

  #stop() {
    this.#endStall();
    clearTimeout(this.#retryTimer);
    this.#startAt = this.time;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  #retry() {
    this.#endStall();
    const pause = this.#retries.next();
    if (pause === null) {
      this.#fail(FAILED);
    } else {
      if (pause) this.#onTrouble(TRYING);
      const time = this.time;
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.#reopen(time), pause);
    }
  }

  #fail(message) {
    this.#stop();
    this.#hasFailed = true;
    this.#onTrouble(message);
  }

  /* What address the site would give now, and when that ends by this machine's clock; null if it cannot be asked. */
  async #ask() {
    const src = this.#src;
    try {
      const answer = await fetch(src, { headers: { Accept: "application/json" } });
      if (src !== this.#src) return null;
      if (answer.status === 404) this.#fail(GONE);
      if (answer.status !== 200) return null;
      const { url, expires_at: expiresAt } = await answer.json();
      const there = Date.parse(answer.headers.get("Date")) || Date.now();
      return src === this.#src ? { url, end: Date.now() + Date.parse(expiresAt) - there } : null;
    } catch {
      return null; // there is no connection: the retries go on
    }
  }

  #onMetadata = async () => {
    if (this.#startAt) this.#audio.currentTime = this.#startAt;
    const address = await this.#ask();
    this.#address ??= address;
  };

  #onTime = () => {
    if (!this.#audio.seeking && this.#audio.readyState) this.#retries.hear(this.#audio.currentTime);
  };

  #onPlaying = () => {
    this.#endStall();
    this.#onTrouble("");
  };

  #onPause = () => {
    if (this.#audio.readyState) this.#startAt = this.#audio.currentTime;
    this.#endStall();
    clearTimeout(this.#retryTimer);
  };

  #onWaiting = () => {
    if (this.#stall || this.#audio.paused || !this.#src) return;
    this.#stall = { since: performance.now(), hasAsked: false, timer: setInterval(this.#look, LOOK_MS) };
    this.#look();
  };

  #endStall() {
    clearInterval(this.#stall?.timer);
    this.#stall = null;
  }

  #look = () => {
    const { paused, ended, readyState, seeking } = this.#audio;
    if (paused || ended || (readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !seeking)) {
      this.#endStall();
      return;
    }
    const silence = performance.now() - Math.max(this.#stall.since, this.#heardBytesAt);
    if (this.#hasEnded || silence > LONG_SILENCE_MS) {
      this.#retry();
    } else if (silence > SILENCE_MS && !this.#stall.hasAsked) {
      this.#stall.hasAsked = true;
      this.#renew(this.#stall);
    }
  };

  async #renew(stall) {
    const address = await this.#ask();
    if (address && stall === this.#stall && address.url !== this.#address?.url) this.#retry();
  }

  #onError = () => {
    if (this.#src && this.#audio.getAttribute("src")) this.#retry();
  };
}
