/* The one module that a page names. The others come after it, those of custom elements when one is on the page. */

import("./site.js");
import("./live-jobs.js");
import("./page-progress.js");

const ELEMENTS = {
  "audio-player": () => import("./audio-player.js"),
  "copy-text": () => import("./copy-text.js"),
  "demo-pieces": () => import("./demo-pieces.js"),
  "elapsed-time": () => import("./elapsed-time.js"),
  "genre-row": () => import("./genre-row.js"),
  "local-time": () => import("./local-time.js"),
  "modal-dialog": () => import("./modal-dialog.js"),
  "order-draft": () => import("./order-draft.js"),
  "piano-roll": () => import("./piano-roll.js"),
  "pop-menu": () => import("./pop-menu.js"),
  "prompt-examples": () => import("./prompt-examples.js"),
  "section-band": () => import("./section-band.js"),
  "stem-mixer": () => import("./stem-mixer.js"),
  "track-download": () => import("./track-download.js"),
  "track-like": () => import("./track-like.js"),
  "track-title": () => import("./track-title.js"),
  "track-waveform": () => import("./track-waveform.js"),
};

function loadElements() {
  for (const [name, load] of Object.entries(ELEMENTS)) {
    if (!document.querySelector(name)) continue;
    delete ELEMENTS[name];
    load();
  }
}

loadElements();
document.addEventListener("htmx:load", loadElements);
