/* How often a file that fails is tried again before that is given up. Only sound that was really heard counts as
   progress: a file may start anew any number of times and fail again each time. */

/* What is waited for before the next attempt: after an error, and for a byte where none comes. */
const PAUSES_MS = [0, 2_000];
const SILENCES_MS = [2_500, 3_000, 4_000];
/* Seconds of sound after which a failure is not the same one any more. */
const GOOD_AFTER = 10;
/* Two looks at a player are less than that apart; more is a jump to another place. */
const LONGEST_STEP = 1.5;

export class Retries {
  #failures = 0;
  #heard = 0;
  #time = 0;

  /* Note where the sound is; whether it has gone on since. */
  hear(time) {
    const step = time - this.#time;
    this.#time = time;
    if (step <= 0 || step > LONGEST_STEP) return false;
    this.#heard += step;
    if (this.#heard >= GOOD_AFTER) this.#failures = 0;
    return true;
  }

  /* Milliseconds without a byte that are a failure. */
  get longestSilence() {
    return SILENCES_MS[this.#failures] ?? 0;
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
