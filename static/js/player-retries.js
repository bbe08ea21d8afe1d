/* How often a file that fails is tried again before that is given up. Only sound that was really heard counts as
   progress: a file may start anew any number of times and fail again each time. */

const PAUSES_MS = [0, 1_000, 3_000];
/* Seconds of sound after which a failure is not the same one any more. */
const GOOD_AFTER = 10;
/* Two looks at a player are less than that apart; more is a jump to another place. */
const LONGEST_STEP = 1.5;

export class Retries {
  #failures = 0;
  #heard = 0;
  #time = 0;

  /* Note where the sound is. */
  hear(time) {
    const step = time - this.#time;
    this.#time = time;
    if (step <= 0 || step > LONGEST_STEP) return;
    this.#heard += step;
    if (this.#heard >= GOOD_AFTER) this.#failures = 0;
  }

  /* Milliseconds to wait before the next attempt after a failure, or null if that was the last. */
  next() {
    this.#heard = 0;
    const pause = PAUSES_MS[this.#failures] ?? null;
    this.#failures += 1;
    return pause;
  }

  forget() {
    this.#failures = 0;
    this.#heard = 0;
  }
}
