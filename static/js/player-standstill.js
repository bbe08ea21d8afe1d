/* Notices sound that stands still without a word: a media element that says it plays, has what comes next and is not
   seeking, and whose time does not move. No event tells of that. */

const LOOK_MS = 500;
/* Looks, not time that has gone by: a machine that slept, or a tab that was held, was not listened to. */
const LOOKS = 6;

/* Calls `onStandstill` after each three seconds of that. */
export function watchStandstill(audio, onStandstill) {
  let timer = 0;
  let stood = 0;
  let time = 0;
  const look = () => {
    const { currentTime, readyState, seeking } = audio;
    const stands = currentTime === time && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !seeking;
    time = currentTime;
    stood = stands ? stood + 1 : 0;
    if (stood < LOOKS) return;
    stood = 0;
    onStandstill();
  };
  const end = () => clearInterval(timer);
  audio.addEventListener("play", () => {
    end();
    stood = 0;
    timer = setInterval(look, LOOK_MS);
  });
  for (const type of ["pause", "emptied"]) audio.addEventListener(type, end);
}
