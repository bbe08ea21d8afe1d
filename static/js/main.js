/* The one module that a page names. What every page has is a part of it once static files are collected; the other
   custom elements come after it, when one is on the page. */

import "./site.js";
import "./live-jobs.js";
import "./page-progress.js";
import "./modal-dialog.js";
import "./pop-menu.js";
import "./elapsed-time.js";
import "./track-waveform.js";
import "./track-like.js";
import "./audio-player.js";

/* By what is on a page that needs it. */
const ELEMENTS = {
  "copy-text": () => import("./copy-text.js"),
  "demo-pieces": () => import("./demo-pieces.js"),
  "genre-metres": () => import("./genre-metres.js"),
  "genre-row": () => import("./genre-row.js"),
  "library-place": () => import("./library-place.js"),
  "local-time": () => import("./local-time.js"),
  "order-draft": () => import("./order-draft.js"),
  "piano-roll": () => import("./piano-roll.js"),
  "playlist-order": () => import("./playlist-order.js"),
  "prompt-examples": () => import("./prompt-examples.js"),
  "ready-zip": () => import("./ready-zip.js"),
  "section-band": () => import("./section-band.js"),
  "stem-mixer": () => import("./stem-mixer.js"),
  "track-download, pop-menu[late]": () => import("./track-download.js"),
  "track-selection": () => import("./track-selection.js"),
  "track-title": () => import("./track-title.js"),
};

function loadElements() {
  for (const [needing, load] of Object.entries(ELEMENTS)) {
    if (!document.querySelector(needing)) continue;
    delete ELEMENTS[needing];
    load();
  }
}

loadElements();
document.addEventListener("htmx:load", loadElements);
