/* Shows what happens to living jobs as it happens: while the page shows one and can be seen, it listens to the server's
   event stream, and the cards' own polling (`hx-trigger="every …"`) is held back. Where the stream is refused or breaks
   off, they poll. One stream serves all cards, and a hidden page has none: a browser opens six connections to a site. */

import { showProgress } from "./card-progress.js";

const EVENTS = ["status", "progress", "completed", "failed", "canceled"];
/* No event tells how the time left is said, nor whether a worker is there: a card that has asked nothing for so long
   is let through once. */
const QUIET_MS = 10_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

let stream = null;
let isHeard = false;
let wasHeard = false;
let pause = FIRST_PAUSE_MS;
let refusedUntil = 0;
const askedAt = new Map();
const missed = new Set();

const liveCards = () => document.querySelectorAll(".card-live[data-job]");

function look() {
  const cards = liveCards();
  for (const id of askedAt.keys()) if (!document.getElementById(id)) askedAt.delete(id);
  for (const card of cards) if (!askedAt.has(card.id)) askedAt.set(card.id, performance.now());
  if (document.hidden || !cards.length) close();
  else if (!stream && performance.now() >= refusedUntil) open();
}

function open() {
  stream = new EventSource(document.body.dataset.events);
  stream.addEventListener("open", () => (isHeard = wasHeard));
  stream.addEventListener("error", onError);
  for (const name of EVENTS) stream.addEventListener(name, onEvent);
}

function close() {
  stream?.close();
  stream = null;
  isHeard = wasHeard = false;
}

/* A stream that breaks off is opened anew by the browser, and goes on where it was; one that was refused is not. */
function onError() {
  isHeard = false;
  if (stream.readyState !== EventSource.CLOSED) return;
  close();
  refusedUntil = performance.now() + pause;
  setTimeout(look, pause);
  pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
}

function onEvent({ type, data }) {
  isHeard = wasHeard = true;
  pause = FIRST_PAUSE_MS;
  const job = JSON.parse(data);
  const card = document.getElementById(`live-${job.id}`);
  if (card && !(type === "progress" && showProgress(card, job))) ask(card);
}

/* Have the card drawn anew. One that is being asked after just now is asked after again, for the answer may be older. */
function ask(card) {
  if (card.classList.contains("htmx-request")) missed.add(card.id);
  else card.dispatchEvent(new CustomEvent("job-changed"));
}

function askMissed() {
  for (const id of [...missed]) {
    const card = document.getElementById(id);
    if (card?.classList.contains("htmx-request")) continue;
    missed.delete(id);
    if (card) ask(card);
  }
}

const isQuiet = (card) => performance.now() - (askedAt.get(card.id) ?? 0) >= QUIET_MS;

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (!elt.matches(".card-live[data-job]")) return;
  const isPoll = !requestConfig.triggeringEvent;
  if (isPoll && (document.hidden || (isHeard && !isQuiet(elt)))) event.preventDefault();
  else askedAt.set(elt.id, performance.now());
});

/* After an answer without a card there is nothing to load. */
document.addEventListener("htmx:afterRequest", askMissed);
document.addEventListener("htmx:load", () => {
  look();
  askMissed();
});

document.addEventListener("visibilitychange", () => {
  look();
  if (!document.hidden) liveCards().forEach(ask);
});
addEventListener("pagehide", close);
addEventListener("pageshow", look);
