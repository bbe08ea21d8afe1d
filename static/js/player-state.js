/* What the player keeps in this tab: its queue, and how far the current track is. */

import { Queue } from "./player-queue.js";

const KEY = "player";

export function save(queue, time) {
  try {
    if (queue.current) sessionStorage.setItem(KEY, JSON.stringify({ queue, time }));
    else sessionStorage.removeItem(KEY);
  } catch {
    // This browser keeps nothing, or not as much as that.
  }
}

/* The queue and the time as they were, or an empty queue. */
export function restored() {
  try {
    const { queue, time } = JSON.parse(sessionStorage.getItem(KEY));
    return { queue: Queue.from(queue), time };
  } catch {
    return { queue: new Queue(), time: 0 };
  }
}
