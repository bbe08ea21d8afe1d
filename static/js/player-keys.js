/* Keys for the player and for getting about. None of them works while one types, on a control that uses the key
   itself, or together with Ctrl, Alt or the like; and none of one sign where the visitor has turned them off. */

const KEY = "keys";
const SKIP = 10;
const STEP = 5;
const TYPED_IN = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=range], [type=button])";
/* What uses the space bar, and what uses the arrow keys. */
const PRESSED = "button, summary, input, [role=button], [role=checkbox], [role=switch], [role=radio], [role=option]";
const MOVED_IN = "input, audio, video, [role=slider], [role=radiogroup], [role=listbox], [role=tablist], [role=menu]";
const SWITCH = "[data-player=keys-on]";

export function areOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

function turn(isOn) {
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {
    // This browser keeps nothing: they stay on.
  }
}

/* `player` has the verbs of <audio-player>; `showKeys` opens the list of the keys. */
export function handleKeys(player, showKeys) {
  const ofPlayer = {
    " ": player.toggle,
    k: player.toggle,
    j: () => player.skip(-SKIP),
    l: () => player.skip(SKIP),
    n: player.next,
    p: player.previous,
    m: player.toggleMute,
    arrowleft: () => player.skip(-STEP),
    arrowright: () => player.skip(STEP),
    "shift+arrowright": player.next,
    "shift+arrowleft": player.previous,
    "shift+arrowup": () => player.changeVolume(1),
    "shift+arrowdown": () => player.changeVolume(-1),
  };
  /* Elsewhere these scroll the page. */
  const withinPlayer = { arrowup: () => player.changeVolume(1), arrowdown: () => player.changeVolume(-1) };
  const ofPage = { "/": focusSearch, "?": showKeys };

  document.addEventListener("keydown", (event) => {
    const { target, repeat } = event;
    const key = nameOf(event);
    if (event.defaultPrevented || isTaken(event)) return;
    const inPlayer = player.contains(target) ? withinPlayer[key] : null;
    const act = ofPage[key] ?? (player.track ? inPlayer ?? ofPlayer[key] : null);
    if (!act || (key.length === 1 && key !== " " && !areOn())) return;
    event.preventDefault();
    if (!repeat || key.includes("arrow") || key === "j" || key === "l") act();
  });

  const toggle = document.querySelector(SWITCH);
  toggle.checked = areOn();
  toggle.addEventListener("change", () => turn(toggle.checked));
}

/* The key as it is called above. Signs are typed with Shift on some keyboards. */
function nameOf({ key, shiftKey }) {
  const name = key.toLowerCase();
  return shiftKey && (name.length > 1 || /[a-z ]/.test(name)) ? `shift+${name}` : name;
}

function isTaken({ target, key, ctrlKey, altKey, metaKey, isComposing }) {
  if (ctrlKey || altKey || metaKey || isComposing || !target.closest) return true;
  if (target.closest(TYPED_IN)) return true;
  if (document.querySelector("dialog[open]")) return true;
  if (key === " " && target.closest(PRESSED)) return true;
  return key.startsWith("Arrow") && target.closest(MOVED_IN) !== null;
}

/* The field to search in, or to write in what is wanted. */
function focusSearch() {
  const main = document.getElementById("main");
  const field = main.querySelector("input[type=search]") ?? main.querySelector("textarea[name=prompt]");
  field?.focus();
}
