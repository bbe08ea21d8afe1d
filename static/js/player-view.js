/* What the bar shows: the track, how far it is, what comes next, and what each button would do. */

import { clock } from "./clock.js";
import { showCover } from "./cover-copy.js";

const REPEATING = { off: "Repeat: off", all: "Repeat: all", one: "Repeat: this track" };

export class PlayerView {
  #player;
  #listed = "";

  constructor(player) {
    this.#player = player;
  }

  part(name) {
    return this.#player.querySelector(`[data-player="${name}"]`);
  }

  showTrack(track) {
    this.showWords(track);
    this.part("total").textContent = clock(track.duration);
    const wave = this.part("wave");
    wave.setAttribute("track", track.id);
    wave.setAttribute("duration", track.duration);
    if (track.picture) wave.picture = track.picture;
    showCover(this.part("cover"), track.cover);
    this.#setShown(true);
  }

  /* What may change about the track that is shown. */
  showWords(track) {
    const title = this.part("title");
    title.textContent = track.title;
    title.href = track.href;
    window.htmx?.process(title); // it would go on leading where it led before
    this.part("like").show(track);
  }

  hide() {
    this.#setShown(false);
  }

  #setShown(isShown) {
    this.#player.hidden = !isShown;
    document.documentElement.classList.toggle("has-player", isShown);
  }

  /* `isAwaited`: it should be heard and its sound is still to come. */
  showState(isPlaying, isAwaited) {
    this.#player.toggleAttribute("data-playing", isPlaying);
    this.part("toggle").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    this.part("toggle").setAttribute("aria-busy", isAwaited);
  }

  /* Whether the time that is shown has changed. */
  showTime(time) {
    const text = clock(time);
    if (this.part("elapsed").textContent === text) return false;
    this.part("elapsed").textContent = text;
    return true;
  }

  showQueue({ upcoming, repeat, isShuffled }) {
    const [next] = upcoming;
    this.part("next").setAttribute("aria-disabled", !next);
    this.part("next-title").textContent = next ? `Next: ${next.title}` : "";
    this.#list(upcoming);
    this.part("shuffle").setAttribute("aria-pressed", isShuffled);
    const button = this.part("repeat");
    button.dataset.repeat = repeat;
    button.title = REPEATING[repeat];
    button.setAttribute("aria-label", REPEATING[repeat]);
  }

  /* Drawn anew only where it has changed: somebody may stand in it. */
  #list(tracks) {
    const listed = JSON.stringify(tracks.map(({ id, title }) => [id, title]));
    if (listed === this.#listed) return;
    this.#listed = listed;
    this.part("queue").replaceChildren(...tracks.map(entryOf));
    this.part("queue-empty").hidden = tracks.length > 0;
  }

  showTrouble(message) {
    const place = this.part("trouble");
    if (place.textContent !== message) place.textContent = message;
  }
}

function entryOf({ id, title, duration }) {
  const [entry, button, name, length] = ["li", "button", "span", "span"].map((tag) => document.createElement(tag));
  button.type = "button";
  Object.assign(button.dataset, { player: "jump", track: id });
  name.textContent = title;
  length.textContent = clock(duration);
  button.append(name, length);
  entry.append(button);
  return entry;
}
