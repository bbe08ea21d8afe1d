/* The player at the foot of every page. It lies outside #main, so music goes on while pages come and go.

   Any button with `data-play` (a track's id, beside what listed-tracks.js reads) plays that track here, and after it
   what stands below in the same list. Any <track-waveform> of that track shows how far it is and may ask for another
   place by the event `track-seek` {track, time}.

   For others on the page it has `audio`, the media element, always the same one; `track`, `time`, `isPlaying` and the
   verbs below; and it says by the event `player-change` {track, isPlaying} on the document when those change. It
   hears there `track-changed` {track, title, isLiked} and `track-removed` {track}. */

import { artworkOf } from "./cover-copy.js";
import { buttonOf, labelButtons, listAround, newsOf, noteOnButtons, shownButtons } from "./listed-tracks.js";
import * as mediaSession from "./media-session.js";
import { handleKeys } from "./player-keys.js";
import { Queue } from "./player-queue.js";
import { PlayerSheet } from "./player-sheet.js";
import { PlayerSource } from "./player-source.js";
import { restored, save } from "./player-state.js";
import { PlayerView } from "./player-view.js";
import { PlayerVolume } from "./player-volume.js";

/* Later than that, “previous” leads to the start of the track. */
const START_SECONDS = 3;
/* Elements that the bar has within it. */
const PARTS = ["track-waveform", "track-like"];

class AudioPlayer extends HTMLElement {
  #audio = new Audio();
  #source;
  #view = new PlayerView(this);
  #queue = new Queue();
  #volume;
  #sheet;
  #track = null;
  #said = "";
  #frame = 0;
  #otherTabs = "BroadcastChannel" in window ? new BroadcastChannel("player") : null;

  async connectedCallback() {
    this.#audio.preload = "none";
    this.append(this.#audio);
    this.#source = new PlayerSource(this.#audio, (message) => this.#view.showTrouble(message));
    await Promise.all(PARTS.map((name) => customElements.whenDefined(name)));
    // In a turn of its own: a press meanwhile need not wait for all that a page begins with.
    await new Promise((resolve) => setTimeout(resolve));
    this.#volume = new PlayerVolume(this.#audio, this.#view.part("volume"), this.#view.part("mute"));
    this.#sheet = new PlayerSheet(this);
    this.#listen();
    mediaSession.handleMediaKeys(this);
    handleKeys(this, this.#showKeys);
    this.#restore();
  }

  #listen() {
    for (const type of ["timeupdate", "seeking"]) this.#audio.addEventListener(type, this.#showTime);
    for (const type of ["pause", "emptied"]) this.#audio.addEventListener(type, this.#refresh);
    for (const type of ["waiting", "playing"]) this.#audio.addEventListener(type, this.#showState);
    this.#audio.addEventListener("play", this.#onPlay);
    this.#audio.addEventListener("ended", this.#onEnded);
    document.addEventListener("click", this.#onClick);
    document.addEventListener("track-seek", this.#onSeek);
    document.addEventListener("track-shown", this.#refresh);
    document.addEventListener("htmx:afterSettle", this.#onNewPage);
    document.addEventListener("track-changed", this.#onNews);
    document.addEventListener("track-removed", ({ detail: { track } }) => this.#remove(track));
    document.addEventListener("submit", this.#onSubmit, true);
    document.addEventListener("visibilitychange", this.#save);
    addEventListener("pagehide", this.#save);
    if (this.#otherTabs) this.#otherTabs.onmessage = this.pause;
  }

  get audio() { return this.#audio; }

  get track() { return this.#track; }

  get isPlaying() { return !this.#audio.paused; }

  /* Seconds; also right while the sound is being opened, when the media element says 0. */
  get time() {
    return this.#source.time;
  }

  play = () => this.#source.play();

  pause = () => this.#audio.pause();

  toggle = () => {
    if (this.isPlaying) this.pause();
    else this.play();
  };

  seek = (time) => {
    this.#source.seek(Math.min(Math.max(0, time), this.#track?.duration ?? 0));
    this.#showTime();
  };

  skip = (seconds) => this.seek(this.time + seconds);

  next = () => this.#go(1);

  previous = () => {
    if (this.time > START_SECONDS || !this.#go(-1)) this.seek(0);
  };

  toggleMute = () => this.#volume.toggleMute();

  changeVolume = (steps) => this.#volume.step(steps);

  close = () => {
    this.#sheet.close();
    this.#queue.clear();
    this.#source.close();
    this.#forgetTrack();
  };

  #forgetTrack() {
    for (const wave of this.#waveforms()) wave.time = 0;
    this.#track = null;
    this.#view.hide();
    mediaSession.hideTrack();
    this.#save();
    this.#refresh();
  }

  /* On a new page one after the other becomes an element of its kind; before that it would take a time for its own. */
  #waveforms() {
    const id = this.#track?.id;
    return id ? document.querySelectorAll(`track-waveform[track="${id}"]:defined`) : [];
  }

  /* Show the queue's current track in the bar, without playing it yet. */
  #load(time = 0) {
    for (const wave of this.#waveforms()) wave.time = 0;
    const track = this.#queue.current;
    this.#track = track;
    this.#source.open(track.src, time);
    this.#view.showTrack(track);
    this.#showOnDevice(track);
    this.#save();
    this.#refresh();
  }

  async #showOnDevice(track) {
    const site = this.getAttribute("site") ?? "";
    mediaSession.showTrack(track.title, site);
    const artwork = track.cover ? await artworkOf(track.cover) : null;
    if (artwork && track === this.#track) mediaSession.showTrack(track.title, site, artwork);
  }

  /* Play the track that stands so far from the current one; whether there is one. */
  #go(by) {
    if (!this.#queue.step(by)) return false;
    this.#load();
    this.play();
    return true;
  }

  #choose(button, time = 0) {
    const id = button.dataset.play;
    const list = listAround(button);
    // A track alone on its page goes on in the list from which it came.
    if (list.length > 1 || !this.#queue.has(id)) this.#queue.replace(list, id);
    else this.#queue.goTo(id);
    this.#load(time);
    this.play();
  }

  #remove(id) {
    if (!id || !this.#queue.has(id)) return;
    const wasPlaying = this.isPlaying;
    this.#queue.remove(id);
    if (id !== this.#track?.id) this.#refresh();
    else if (!this.#queue.current) this.close();
    else {
      this.#load();
      if (wasPlaying) this.play();
    }
  }

  #onClick = (event) => {
    const button = event.target.closest?.("[data-play]");
    if (button) {
      if (button.dataset.play === this.#track?.id) this.toggle();
      else this.#choose(button);
      return;
    }
    const control = event.target.closest?.("audio-player [data-player]");
    if (control) this.#controls[control.dataset.player]?.(control);
  };

  /* What is deleted is not played any more, nor what one person heard by the next who uses this tab. */
  #onSubmit = ({ target }) => {
    if (target.dataset.forgets) this.close();
    else this.#remove(target.dataset.removes);
  };

  #controls = {
    toggle: this.toggle,
    next: this.next,
    previous: this.previous,
    close: this.close,
    mute: this.toggleMute,
    expand: (button) => this.#sheet.open(button),
    shrink: () => this.#sheet.close(),
    keys: () => this.#showKeys(),
    shuffle: () => {
      this.#queue.isShuffled = !this.#queue.isShuffled;
      this.#refresh();
    },
    repeat: () => {
      this.#queue.repeatNext();
      this.#refresh();
    },
    jump: ({ dataset: { track } }) => {
      this.#queue.goTo(track);
      this.#load();
      this.play();
    },
  };

  #showKeys = () => document.querySelector("modal-dialog.keys").show();

  #onSeek = ({ detail: { track, time } }) => {
    if (track === this.#track?.id) {
      this.seek(time);
      return;
    }
    const button = buttonOf(track);
    if (button) this.#choose(button, time);
  };

  #onPlay = () => {
    this.#otherTabs?.postMessage("playing");
    this.#refresh();
    cancelAnimationFrame(this.#frame);
    this.#animate();
  };

  #onEnded = () => {
    if (this.#queue.repeat === "one") {
      this.seek(0);
      this.play();
    } else if (!this.#go(1)) {
      this.seek(0);
      this.#refresh();
    }
  };

  #onNewPage = () => {
    for (const button of shownButtons()) {
      if (this.#queue.update(button.dataset.play, newsOf(button))) this.#showNews();
    }
    this.#refresh();
  };

  #onNews = ({ detail: { track: id, title, isLiked } }) => {
    const news = Object.fromEntries(Object.entries({ title, isLiked }).filter(([, value]) => value !== undefined));
    noteOnButtons(id, news);
    if (this.#queue.update(id, news)) this.#showNews();
    this.#refresh();
  };

  #showNews() {
    if (!this.#track) return;
    this.#view.showWords(this.#track);
    this.#showOnDevice(this.#track);
  }

  #animate = () => {
    this.#showTime();
    if (this.isPlaying) this.#frame = requestAnimationFrame(this.#animate);
  };

  #showTime = () => {
    const { time } = this;
    if (this.#view.showTime(time) && this.#track) mediaSession.showPosition(time, this.#track.duration);
    for (const wave of this.#waveforms()) wave.time = time;
  };

  /* Show the state of the player, here and on every play button. */
  #refresh = () => {
    this.#showState();
    this.#view.showQueue(this.#queue);
    labelButtons(this.isPlaying ? this.#track?.id : null);
    mediaSession.showState(this.#track ? (this.isPlaying ? "playing" : "paused") : "none");
    this.#showTime();
    this.#tell();
  };

  #showState = () => {
    const isAwaited = this.isPlaying && this.#audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    this.#view.showState(this.isPlaying, isAwaited);
  };

  #tell() {
    const state = `${this.#track?.id} ${this.isPlaying}`;
    if (state === this.#said) return;
    this.#said = state;
    const detail = { track: this.#track, isPlaying: this.isPlaying };
    document.dispatchEvent(new CustomEvent("player-change", { detail }));
  }

  #save = () => save(this.#queue, this.time);

  /* After a full page load, as after logging in, the player is where it was, but paused. */
  #restore = () => {
    const { queue, time } = restored();
    this.#queue = queue;
    this.#onNewPage();
    if (queue.current) this.#load(time);
  };
}

customElements.define("audio-player", AudioPlayer);
