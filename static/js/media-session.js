/* The player where the device shows it, on a lock screen or beside the volume, and the keys that the device has for it:
   the Media Session API. In a browser without it these functions do nothing. */

const SKIP_SECONDS = 10;
const session = navigator.mediaSession;

/* `artwork` is the address of a PNG. */
export function showTrack(title, artist, artwork = null) {
  if (!session) return;
  const pictures = artwork ? [{ src: artwork, type: "image/png" }] : [];
  session.metadata = new MediaMetadata({ title, artist, artwork: pictures });
}

export function hideTrack() {
  if (session) session.metadata = null;
}

/* `state` is "playing", "paused" or "none". */
export function showState(state) {
  if (session) session.playbackState = state;
}

/* Both in seconds. */
export function showPosition(position, duration) {
  session?.setPositionState({ duration, position: Math.min(position, duration) });
}

/* `player` has the verbs of <audio-player>. */
export function handleMediaKeys({ play, pause, close, next, previous, seek, skip }) {
  if (!session) return;
  const handlers = {
    play,
    pause,
    stop: close,
    nexttrack: next,
    previoustrack: previous,
    seekto: ({ seekTime }) => seek(seekTime),
    seekbackward: ({ seekOffset }) => skip(-(seekOffset ?? SKIP_SECONDS)),
    seekforward: ({ seekOffset }) => skip(seekOffset ?? SKIP_SECONDS),
  };
  for (const [action, handler] of Object.entries(handlers)) {
    try {
      session.setActionHandler(action, handler);
    } catch {
      // This browser does not know the action.
    }
  }
}
