/* Plays the stems of a track together, piece by piece, beside a media element that plays the track.

   All stems run on one clock, that of an AudioContext, and each piece is set to begin at the very frame at which the one
   before it ends: they cannot drift apart. A few seconds are decoded ahead, never the whole. */

import { freeMemory } from "./free-memory.js";

/* Seconds from asking for a sound until it begins, and seconds that are decoded ahead. */
const LEAD = 0.06;
const AHEAD = 5;
const PUMP_MS = 250;
const WARM_UP = 0.25;
/* Paused for so long, the device is let go. */
const REST_MS = 30_000;
const FADE = 0.006;
const SMOOTHING = 0.008;

export class StemPlayback {
  #file;
  #where;
  #onTrouble;
  #context;
  #volume;
  #transport;
  #outputs = new Map();
  #run = null;
  #sources = new Set();
  #timer = 0;
  #rest = 0;

  /* `where` says how many seconds into the track the media element is heard, `onTrouble` is called with an error. */
  constructor(file, where, onTrouble) {
    [this.#file, this.#where, this.#onTrouble] = [file, where, onTrouble];
    this.#context = new AudioContext({ sampleRate: file.sampleRate });
    this.#volume = new GainNode(this.#context);
    this.#transport = new GainNode(this.#context, { gain: 0 });
    this.#transport.connect(this.#volume).connect(this.#context.destination);
    for (const stem of file.stems) {
      const output = new GainNode(this.#context);
      output.connect(this.#transport);
      this.#outputs.set(stem, output);
    }
  }

  /* What each stem is heard through. */
  get outputs() { return this.#outputs; }

  get isRunning() { return this.#run !== null; }

  /* Seconds by which the stems are heard ahead of the media element; null while they are not heard. */
  get lead() {
    if (!this.#run?.isHeard) return null;
    return this.#context.currentTime - this.#latency - this.#run.origin / this.#rate - this.#where();
  }

  set volume(value) { this.#glide(this.#volume, value); }

  setLevel(stem, value) { this.#glide(this.#outputs.get(stem), value); }

  /* Begin where the media element is. Resolves to the seconds until they are heard, null if it was stopped before. */
  async start() {
    this.stop();
    const run = (this.#run = { isHeard: false });
    try {
      let delay;
      while (delay === undefined) delay = await this.#begin(run);
      return delay;
    } catch (error) {
      if (run === this.#run) throw error;
      return null;
    }
  }

  /* As `start`; undefined where it was too late for the moment it had chosen. */
  async #begin(run) {
    await this.#wake();
    let piece = null;
    let buffers = [];
    let plan = this.#plan();
    while (run === this.#run && piece !== plan.piece) {
      piece = plan.piece;
      freeBuffers(buffers);
      if (piece >= this.#file.count) {
        this.#run = null;
        return null;
      }
      buffers = await this.#file.piece(piece, this.#context);
      plan = this.#plan();
    }
    if (run !== this.#run) {
      freeBuffers(buffers);
      return null;
    }
    run.origin = plan.begin - plan.frame;
    run.next = piece + 1;
    if (!this.#schedule(run, piece, buffers, plan.frame)) {
      this.#stopSources();
      return undefined;
    }
    run.isHeard = true;
    this.#fade(1, plan.begin / this.#rate);
    this.#timer = setInterval(() => this.#pump(run), PUMP_MS);
    this.#pump(run);
    return plan.begin / this.#rate - this.#context.currentTime + this.#latency;
  }

  stop() {
    clearInterval(this.#timer);
    this.#run = null;
    this.#stopSources();
  }

  /* Stop, and after a while let the device rest. */
  rest() {
    this.stop();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#context.suspend(), REST_MS);
  }

  close() {
    this.stop();
    clearTimeout(this.#rest);
    return this.#context.close();
  }

  #stopSources() {
    const now = this.#context.currentTime;
    this.#fade(0, now);
    for (const source of this.#sources) source.stop(now + 4 * FADE);
    this.#sources.clear();
  }

  get #rate() { return this.#context.sampleRate; }

  get #latency() { return this.#context.outputLatency || this.#context.baseLatency || 0; }

  /* A context runs ahead until the device has enough, and does not know before how late it is heard. */
  async #wake() {
    clearTimeout(this.#rest);
    if (this.#context.state === "running" && this.#context.currentTime > WARM_UP) return;
    await this.#context.resume();
    const end = this.#context.currentTime + WARM_UP;
    for (let tries = 50; tries && this.#context.currentTime < end; tries -= 1) await pause(20);
  }

  /* The frame of the context at which to begin, and that of the track which is heard then by the media element. */
  #plan() {
    const now = this.#context.currentTime;
    const begin = Math.ceil((now + LEAD) * this.#rate);
    const heard = this.#where() + begin / this.#rate - now + this.#latency;
    const frame = Math.round(heard * this.#rate);
    return { begin, frame, piece: Math.floor(frame / this.#file.pieceFrames) };
  }

  /* Whether all were set to begin before their time: what is set later begins at once, and each stem elsewhere. */
  #schedule(run, piece, buffers, from = 0) {
    const first = Math.max(from, piece * this.#file.pieceFrames);
    const offset = (first - piece * this.#file.pieceFrames) / this.#rate;
    const at = (run.origin + first) / this.#rate;
    if (this.#context.currentTime >= at) {
      freeBuffers(buffers);
      return false;
    }
    for (const [place, stem] of this.#file.stems.entries()) {
      const buffer = buffers[place];
      if (!buffer) continue;
      const source = new AudioBufferSourceNode(this.#context, { buffer });
      source.connect(this.#outputs.get(stem));
      source.start(at, offset);
      source.onended = () => {
        this.#sources.delete(source);
        discard(source);
      };
      this.#sources.add(source);
    }
    return this.#context.currentTime < at;
  }

  async #pump(run) {
    if (run.isBusy) return;
    run.isBusy = true;
    try {
      while (run === this.#run && run.next < this.#file.count && this.#begins(run) < AHEAD) {
        const buffers = await this.#file.piece(run.next, this.#context);
        if (run !== this.#run) {
          freeBuffers(buffers);
          return;
        }
        if (!this.#schedule(run, run.next, buffers)) {
          this.start().catch(this.#onTrouble);
          return;
        }
        run.next += 1;
      }
    } catch (error) {
      if (run === this.#run) this.#onTrouble(error);
    } finally {
      run.isBusy = false;
    }
  }

  /* Seconds until the next piece has to sound. */
  #begins({ origin, next }) {
    return (origin + next * this.#file.pieceFrames) / this.#rate - this.#context.currentTime;
  }

  #glide({ gain }, value) {
    gain.setTargetAtTime(value, this.#context.currentTime, SMOOTHING);
  }

  #fade(value, at) {
    const { gain } = this.#transport;
    gain.cancelScheduledValues(at);
    gain.setTargetAtTime(value, at, FADE / 2);
  }
}

function discard(source) {
  const { buffer } = source;
  source.disconnect();
  source.buffer = null;
  freeBuffers([buffer]);
}

function freeBuffers(buffers) {
  for (const buffer of buffers.filter(Boolean)) {
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, number) => buffer.getChannelData(number));
    freeMemory(channels.map((samples) => samples.buffer));
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
