/* What plays after what: the tracks of the list that was on screen when play was pressed. Knows nothing of the page. */

const REPEATS = ["off", "all", "one"];
/* More is not kept: a tab's memory has five megabytes, and each track brings its cover and wave. */
const LONGEST = 100;

export class Queue {
  repeat = "off";
  #tracks = [];
  /* Ids in the order in which they play, and how far that is. */
  #order = [];
  #at = 0;
  #isShuffled = false;

  static from({ tracks, order, at, repeat, isShuffled }) {
    const queue = new Queue();
    [queue.#tracks, queue.#order, queue.#at] = [tracks, order, at];
    [queue.repeat, queue.#isShuffled] = [repeat, isShuffled];
    return queue;
  }

  toJSON() {
    const { repeat } = this;
    return { tracks: this.#tracks, order: this.#order, at: this.#at, repeat, isShuffled: this.#isShuffled };
  }

  get current() {
    return this.#track(this.#order[this.#at]);
  }

  get length() {
    return this.#order.length;
  }

  /* What comes after the current track, the next one first; around the end where all is repeated. */
  get upcoming() {
    const rest = this.#order.slice(this.#at + 1);
    const again = this.repeat === "all" ? this.#order.slice(0, this.#at) : [];
    return [...rest, ...again].map((id) => this.#track(id));
  }

  has(id) {
    return this.#order.includes(id);
  }

  /* Take these tracks in place of what there was, and stand at the one with this id. */
  replace(tracks, id) {
    const first = Math.max(0, Math.min(tracks.findIndex((each) => each.id === id), tracks.length - LONGEST));
    this.#tracks = tracks.slice(first, first + LONGEST);
    this.#order = this.#tracks.map((each) => each.id);
    this.goTo(id);
    if (this.#isShuffled) this.#shuffle();
  }

  goTo(id) {
    this.#at = Math.max(0, this.#order.indexOf(id));
  }

  /* Go on to the next track, or back to the one before, and return it; null where there is none. */
  step(by) {
    let at = this.#at + by;
    if (this.repeat === "all") at = (at + this.length) % this.length;
    if (!(at in this.#order)) return null;
    this.#at = at;
    return this.current;
  }

  /* Take a track out. Where it was the current one, that is now the one after it, or none after the last. */
  remove(id) {
    const place = this.#order.indexOf(id);
    if (place < 0) return;
    this.#order.splice(place, 1);
    this.#tracks = this.#tracks.filter((each) => each.id !== id);
    if (place < this.#at) this.#at -= 1;
    else if (this.#at === this.length && this.repeat === "all") this.#at = 0;
  }

  /* Note what has changed about a track, as its title; whether it did. */
  update(id, changes) {
    const track = this.#track(id);
    if (!track || Object.entries(changes).every(([name, value]) => track[name] === value)) return false;
    Object.assign(track, changes);
    return true;
  }

  clear() {
    [this.#tracks, this.#order, this.#at] = [[], [], 0];
  }

  /* Nothing again, all of it, this track alone, and from the start. */
  repeatNext() {
    this.repeat = REPEATS[(REPEATS.indexOf(this.repeat) + 1) % REPEATS.length];
  }

  get isShuffled() {
    return this.#isShuffled;
  }

  set isShuffled(value) {
    this.#isShuffled = value;
    const { current } = this;
    if (!current) return;
    if (value) {
      this.#shuffle();
    } else {
      this.#order = this.#tracks.map((each) => each.id);
      this.goTo(current.id);
    }
  }

  /* The current track first, the others in any order. */
  #shuffle() {
    const { id } = this.current;
    const others = this.#order.filter((each) => each !== id);
    for (let last = others.length - 1; last > 0; last -= 1) {
      const other = Math.floor(Math.random() * (last + 1));
      [others[last], others[other]] = [others[other], others[last]];
    }
    this.#order = [id, ...others];
    this.#at = 0;
  }

  #track(id) {
    return this.#tracks.find((each) => each.id === id) ?? null;
  }
}
