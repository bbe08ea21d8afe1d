/* Where the player's sound comes from: a track's address, which leads to a signed one that lives for a while only.

   A media element that is refused the rest of a file asks for it some thirty times, for half a minute, before it says
   so. So this asks the site when the address ends, and opens the track anew at the same place before anything is asked
   of an address that has ended; and when no more sound comes, it looks whether the site has another address by now. */

import { Retries } from "./player-retries.js";
import { watchStandstill } from "./player-standstill.js";

const LOOK_MS = 50;
/* After so long without sound the site is asked whether the address is still good, and so often whether it is there. */
const SILENCE_MS = 400;
const ASK_AGAIN_MS = 3_000;
/* An address that ends within that is as good as ended. */
const MARGIN_MS = 1_000;
const AT_END_SECONDS = 0.5;
const FAILED = "This track cannot be played right now. Try again in a moment.";
const GONE = "This track is not here any more.";
const TRYING = "The sound has stopped. Trying again…";
const OFFLINE = "The site cannot be reached. The music goes on once it is back.";

export class PlayerSource {
  #audio;
  #onTrouble;
  #src = "";
  #startAt = 0;
  /* Whether it should be heard. A browser also pauses a media element that has failed. */
  #isWanted = false;
  #address = null;
  #retries = new Retries();
  #retryTimer = 0;
  #stall = null;
  /* A browser tells of the bytes of the last third of a second: the first that it tells of in a stall are older. */
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
      play: () => (this.#isWanted = true),
      playing: () => this.#endStall(),
      pause: this.#onPause,
      error: this.#onError,
    })) {
      audio.addEventListener(type, listener);
    }
    watchStandstill(audio, this.#onStandstill);
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
    this.#isWanted = true;
    this.#audio.play().catch((error) => {
      // Another track was chosen meanwhile, or the browser wants a press first: the bar shows a play button. What
      // cannot be loaded is reported by the event `error` as well, and must not count twice.
      if (!["AbortError", "NotAllowedError", "NotSupportedError"].includes(error.name)) throw error;
    });
  }

  seek(time) {
    this.#retries.forget();
    this.#endStall();
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
    const isWanted = this.#isWanted;
    this.#openAt(time);
    if (isWanted) this.#start();
  }

  #stop() {
    this.#endStall();
    clearTimeout(this.#retryTimer);
    this.#startAt = this.time;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  /* Try again at the same place. */
  #retry() {
    this.#endStall();
    if (this.#retries.next() === null) this.#fail(FAILED);
    else this.#reopen();
  }

  #retryLater() {
    this.#endStall();
    const pause = this.#retries.next();
    const { time } = this;
    clearTimeout(this.#retryTimer);
    if (pause === null) this.#giveUp();
    else this.#retryTimer = setTimeout(() => this.#reopen(time), pause);
    if (pause) this.#onTrouble(TRYING);
  }

  /* What cannot be opened at all may have been deleted, in another tab for instance. */
  async #giveUp() {
    const src = this.#src;
    this.#fail(FAILED);
    const address = await this.#ask().catch(() => null);
    if (address?.isGone && this.#hasFailed && src === this.#src) this.#onTrouble(GONE);
  }

  #fail(message) {
    this.#stop();
    this.#hasFailed = true;
    this.#onTrouble(message);
  }

  /* What address the site would give now, and when that ends by this machine's clock; null if it says nothing. Throws
     where the site cannot be reached. */
  async #ask() {
    const src = this.#src;
    const answer = await fetch(src, { headers: { Accept: "application/json" } });
    if (answer.status !== 200) return [404, 410].includes(answer.status) ? { isGone: true } : null;
    const { url, expires_at: expiresAt } = await answer.json();
    const there = Date.parse(answer.headers.get("Date")) || Date.now();
    return src === this.#src ? { url, end: Date.now() + Date.parse(expiresAt) - there } : null;
  }

  #onMetadata = async () => {
    if (this.#startAt) this.#audio.currentTime = this.#startAt;
    const address = await this.#ask().catch(() => null);
    this.#address ??= address;
  };

  #onTime = () => {
    const { seeking, readyState, currentTime } = this.#audio;
    if (!seeking && readyState && this.#retries.hear(currentTime) && !this.#stall) this.#onTrouble("");
  };

  #onPause = () => {
    if (this.#audio.error) return;
    this.#isWanted = false;
    if (this.#audio.readyState) this.#startAt = this.#audio.currentTime;
    this.#endStall();
    clearTimeout(this.#retryTimer);
  };

  #onWaiting = () => {
    if (this.#stall || this.#audio.paused || !this.#src) return;
    this.#stall = { since: performance.now(), askAt: 0, isOffline: false, timer: setInterval(this.#look, LOOK_MS) };
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
    const now = performance.now();
    const { since, askAt, isOffline } = this.#stall;
    const hasBytes = this.#heardBytesAt > since + SILENCE_MS;
    const silence = now - (hasBytes ? this.#heardBytesAt : since);
    if (this.#hasEnded && !hasBytes) {
      this.#retry();
    } else if (!hasBytes && now > Math.max(askAt, since + SILENCE_MS)) {
      this.#question(this.#stall);
    } else if (silence > this.#retries.longestSilence && !isOffline) {
      this.#onTrouble(TRYING);
      this.#retry();
    }
  };

  /* Ask the site, and open the track anew if it gives another address by now, or was away meanwhile. */
  async #question(stall) {
    stall.askAt = Infinity;
    let address = null;
    const wasOffline = stall.isOffline;
    try {
      address = await this.#ask();
      stall.isOffline = false;
    } catch {
      stall.isOffline = true;
      stall.askAt = performance.now() + ASK_AGAIN_MS;
    }
    if (stall !== this.#stall) return;
    if (address?.isGone) this.#fail(GONE);
    else if (stall.isOffline) this.#onTrouble(OFFLINE);
    else if (wasOffline) this.#reopen();
    else if (address && this.#isOld(address)) this.#retry();
    else this.#address ??= address;
  }

  /* Whether the sound comes from another address than this. One that is not known was good until a while ago. */
  #isOld({ url }) {
    if (this.#address) return this.#address.url !== url;
    return this.#audio.readyState >= HTMLMediaElement.HAVE_METADATA;
  }

  #onStandstill = () => {
    this.#onTrouble(TRYING);
    this.#retry();
  };

  #onError = () => {
    if (this.#src && this.#audio.getAttribute("src")) this.#retryLater();
  };
}
