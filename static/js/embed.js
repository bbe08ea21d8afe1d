/* The player of a shared track in the frame of another site: one button, one position.

   The site gives an address of the audio that ends within minutes. Before anything is asked of one that has ended, the
   track is opened anew at the same place; an address that is refused all the same is given up after three.

   It imports nothing from the pages: what two files import becomes a file of its own, which every page would fetch. */

const MOST_TRIES = 3;
const MARGIN_MS = 2_000;
const GONE = "This track is not shared any more.";
const FAILED = "It cannot be played right now.";

const place = document.querySelector(".embed");
const [button, range] = place.querySelectorAll(".embed-play, .embed-range");
const played = place.querySelector(".wave-played");
const time = place.querySelector(".embed-time");
const trouble = place.querySelector(".embed-trouble");
const width = Number(played.ownerSVGElement.viewBox.baseVal.width);
const duration = Number(place.dataset.duration);
const audio = new Audio();
let endsAt = 0;
let tries = 0;
let wanted = 0;
let isHeld = false;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function show() {
  const now = isHeld ? Number(range.value) : position();
  range.value = now;
  range.setAttribute("aria-valuetext", `${clock(now)} of ${clock(duration)}`);
  time.textContent = clock(now);
  played.setAttribute("width", (width * now) / duration);
  place.toggleAttribute("data-playing", !audio.paused);
  button.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${button.dataset.title}`);
}

function position() {
  return audio.readyState ? audio.currentTime : wanted;
}

function isLoaded(at) {
  const { buffered } = audio;
  for (let part = 0; part < buffered.length; part += 1) {
    if (buffered.start(part) <= at && at < buffered.end(part)) return true;
  }
  return false;
}

function say(words) {
  trouble.textContent = words;
}

/* Open the track at `at`, with a new address of the audio. */
async function open(at) {
  wanted = at;
  const answer = await fetch(place.dataset.src, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.status !== 200) {
    say(answer?.status === 404 ? GONE : FAILED);
    return;
  }
  const { url, expires_at: expiresAt } = await answer.json();
  const there = Date.parse(answer.headers.get("Date")) || Date.now();
  endsAt = Date.now() + Date.parse(expiresAt) - there - MARGIN_MS;
  audio.src = url;
}

async function play() {
  say("");
  if (!audio.src || (Date.now() > endsAt && !isLoaded(position()))) await open(position());
  await audio.play().catch(() => {}); // what cannot be loaded is reported by `error`; else another press is asked for
}

async function seek(at) {
  if (audio.src && (Date.now() < endsAt || isLoaded(at))) audio.currentTime = at;
  else await open(at);
  if (!audio.paused || !isHeld) show();
}

audio.addEventListener("loadedmetadata", () => { if (wanted) audio.currentTime = wanted; });
audio.addEventListener("playing", () => { tries = 0; });
for (const type of ["timeupdate", "play", "pause", "ended", "seeked"]) audio.addEventListener(type, show);
audio.addEventListener("error", async () => {
  tries += 1;
  if (tries > MOST_TRIES) say(FAILED);
  else await open(position()).then(play);
});
button.addEventListener("click", () => (audio.paused ? play() : audio.pause()));
range.addEventListener("input", () => { isHeld = true; show(); });
range.addEventListener("change", async () => {
  isHeld = false;
  await seek(Number(range.value));
});
