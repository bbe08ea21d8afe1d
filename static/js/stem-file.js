/* The stems of a track in pieces, fetched by ranges of one file: `generation/tracks/mixer_file.py` says how it looks. */

import { freeMemory } from "./free-memory.js";

/* Enough for the index of ten minutes. */
const FIRST_BYTES = 16_384;
const LENGTH_BYTES = 4;

export class StemFile {
  #ask;
  #url;
  #index;
  #places = [];

  /* `ask` gives the file's signed address, a new one whenever it is asked. */
  static async open(ask) {
    const file = new StemFile();
    file.#ask = ask;
    file.#url = await ask();
    await file.#readIndex();
    return file;
  }

  get stems() { return this.#index.stems; }

  get sampleRate() { return this.#index.sample_rate; }

  get pieceFrames() { return this.#index.piece_frames; }

  get count() { return this.#places.length; }

  /* Whether anything of a stem is heard in the track. */
  isSilent(stem) {
    const place = this.stems.indexOf(stem);
    return this.#index.sizes.every((sizes) => sizes[place] === 0);
  }

  /* A piece as one AudioBuffer for each stem, in their order; null where the stem is silent. */
  async piece(number, context) {
    const { start, sizes } = this.#places[number];
    const bytes = await this.#bytes(start, start + sum(sizes));
    let at = 0;
    const parts = sizes.map((size) => bytes.slice(at, (at += size)));
    freeMemory([bytes]);
    return Promise.all(parts.map((part) => (part.byteLength ? context.decodeAudioData(part) : null)));
  }

  async #readIndex() {
    let head = await this.#bytes(0, FIRST_BYTES);
    const end = LENGTH_BYTES + new DataView(head).getUint32(0, true);
    if (end > head.byteLength) head = await this.#bytes(0, end);
    this.#index = JSON.parse(new TextDecoder().decode(head.slice(LENGTH_BYTES, end)));
    let start = end;
    for (const sizes of this.#index.sizes) {
      this.#places.push({ start, sizes });
      start += sum(sizes);
    }
  }

  /* A signed address lives for a while only: one that is refused is asked for anew, once. */
  async #bytes(start, end) {
    if (end <= start) return new ArrayBuffer(0);
    const headers = { Range: `bytes=${start}-${end - 1}` };
    let answer = await fetch(this.#url, { headers });
    if (!answer.ok) {
      this.#url = await this.#ask();
      answer = await fetch(this.#url, { headers });
    }
    if (!answer.ok) throw new Error(`The storage answers ${answer.status}.`);
    const bytes = await answer.arrayBuffer();
    return answer.status === 206 ? bytes : bytes.slice(start, end);
  }
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
