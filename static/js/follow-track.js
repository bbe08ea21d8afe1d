/* Follow where a track is heard: for elements of the page that move with the sound. */

const PLAYER_EVENTS = ["play", "playing", "pause", "seeking", "seeked", "timeupdate", "ended", "emptied"];

export const player = () => document.querySelector("audio-player");

/* Seconds, or null while the player has another track or none. */
export function timeOf(track) {
  const { track: current, time } = player() ?? {};
  return current?.id === track ? time : null;
}

/* Ask the player to go there, and to play the track if it has another one. */
export function seekTo(track, time) {
  document.dispatchEvent(new CustomEvent("track-seek", { detail: { track, time } }));
}

/* Calls `show` with the time of the track, null where it is not in the player: for every picture while it plays, and
   whenever it changes otherwise. Returns what ends that. */
export function follow(track, show) {
  let frame = 0;
  let audio = null;
  const ended = new AbortController();
  const draw = () => {
    cancelAnimationFrame(frame);
    const time = timeOf(track);
    show(time);
    if (time !== null && !audio.paused) frame = requestAnimationFrame(draw);
  };
  customElements.whenDefined("audio-player").then(() => {
    if (ended.signal.aborted) return;
    audio = player().audio;
    for (const type of PLAYER_EVENTS) audio.addEventListener(type, draw, { signal: ended.signal });
    draw();
  });
  return () => {
    ended.abort();
    cancelAnimationFrame(frame);
  };
}
