/* The tracks on the page, by their play buttons: buttons with `data-play`, a track's id, and what is known of it. */

import { coverBeside } from "./cover-copy.js";

export function trackOf(button) {
  const { play: id, title, duration, src, href, liked } = button.dataset;
  const { picture } = document.querySelector(`main track-waveform[track="${id}"]`) ?? {};
  return {
    id, title, src, href, duration: Number(duration), isLiked: likedBy(liked), picture, cover: coverBeside(button),
  };
}

/* Undefined of a track that is nobody's to like. */
function likedBy(liked) {
  return liked === undefined ? undefined : liked === "1";
}

export const shownButtons = () => document.querySelectorAll("[data-play]");

export function buttonOf(id) {
  return [...shownButtons()].find((button) => button.dataset.play === id);
}

/* Label each with what a press on it would do now; `playing` is the id of the track that is heard. */
export function labelButtons(playing) {
  for (const button of shownButtons()) {
    const plays = button.dataset.play === playing;
    button.toggleAttribute("data-playing", plays);
    button.setAttribute("aria-label", `${plays ? "Pause" : "Play"} ${button.dataset.title}`);
  }
}

/* The tracks of the list in which this button is, each once, from the top. */
export function listAround(button) {
  const list = button.closest(".cards") ?? document.getElementById("main") ?? document.body;
  const buttons = new Map([...list.querySelectorAll("[data-play]")].map((each) => [each.dataset.play, each]));
  return [...buttons.values()].map(trackOf);
}

export function noteOnButtons(id, { title, isLiked }) {
  for (const button of shownButtons()) {
    if (button.dataset.play !== id) continue;
    if (title !== undefined) button.dataset.title = title;
    if (isLiked !== undefined) button.dataset.liked = isLiked ? "1" : "0";
  }
}

/* What may have been changed since about a track that the page shows. */
export function newsOf({ dataset: { title, href, liked } }) {
  return { title, href, isLiked: likedBy(liked) };
}
