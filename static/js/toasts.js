/* Toasts: what has just been done or has failed, said in a corner without moving the page. The server's messages become
   toasts too; without this script they stand at the top of the page. */

const SHOWN_MS = 6_000;
const MOST = 4;

const stack = document.getElementById("toasts");
const timers = new WeakMap();

/* Say a sentence. `level` is "success", "info", "warning" or "error"; an error stays until it is dismissed or left.
   `undo` takes back what is said to be done: a form to be sent, or a function. */
export function toast(message, { level = "info", undo = null } = {}) {
  const isError = level === "error";
  const region = stack.querySelector(isError ? "[role=alert]" : "[role=status]");
  [...region.children].find((each) => each.querySelector("p").textContent === message)?.remove();
  const made = document.getElementById("toast").content.cloneNode(true).firstElementChild;
  made.classList.add(`toast-${level}`);
  made.querySelector("p").textContent = message;
  if (undo) made.querySelector("p").after(undo instanceof HTMLFormElement ? sent(undo, made) : pressed(undo, made));
  made.querySelector("button[aria-label]").addEventListener("click", () => dismiss(made));
  made.addEventListener("keydown", (event) => event.key === "Escape" && dismiss(made));
  place();
  region.append(made);
  window.htmx?.process(made); // a form that was moved before htmx saw it would load a page, and end the music
  clearFocus();
  if (!isError) leaveLater(made);
  while (stack.querySelectorAll(".toast").length > MOST) stack.querySelector(".toast").remove();
}

/* A form goes with its toast, and the toast once the answer is there. */
function sent(form, made) {
  form.addEventListener("htmx:afterRequest", () => dismiss(made));
  return form;
}

function pressed(undo, made) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button undo", textContent: "Undo" });
  button.addEventListener("click", () => {
    undo();
    dismiss(made);
  });
  return button;
}

/* A toast is left alone while somebody reads it, that is points at it or has the focus in it. */
function leaveLater(made) {
  const wait = () => {
    clearTimeout(timers.get(made));
    timers.set(
      made,
      setTimeout(() => (made.matches(":hover, :focus-within") || document.hidden ? wait() : made.remove()), SHOWN_MS),
    );
  };
  for (const type of ["pointerleave", "focusout"]) made.addEventListener(type, wait);
  wait();
}

function dismiss(made) {
  const hadFocus = made.contains(document.activeElement);
  const next = made.nextElementSibling ?? made.previousElementSibling;
  made.remove();
  if (hadFocus) (next?.querySelector("button") ?? document.getElementById("main")).focus({ preventScroll: true });
}

/* Above an open dialog, which covers all else, and above what is fixed at the foot of the page. */
function place() {
  const home = document.querySelector("dialog[open]") ?? document.body;
  if (stack.parentElement !== home) home.append(stack);
  const foot = document.querySelector(".order-foot, .selection-open");
  const isFixed = foot && ["fixed", "sticky"].includes(getComputedStyle(foot).position);
  stack.style.setProperty("--foot-height", `${isFixed ? foot.offsetHeight : 0}px`);
}

/* What the keyboard has come to stays in sight: toasts that would lie over it go to the top of the page. */
function clearFocus() {
  const focused = document.activeElement;
  if (stack.contains(focused)) return;
  stack.classList.remove("toasts-above");
  const [its, own] = [focused, stack].map((each) => each.getBoundingClientRect());
  const isBelow = its.left < own.right && its.right > own.left && its.top < own.bottom && its.bottom > own.top;
  stack.classList.toggle("toasts-above", isBelow && focused !== document.body && focused.matches(":focus-visible"));
}

/* With the focus a bar at the foot may have come or gone. */
function onFocus() {
  if (!stack.querySelector(".toast")) return;
  place();
  clearFocus();
}

function takeMessages() {
  for (const message of document.querySelectorAll("#messages .message")) {
    const undo = message.querySelector(".undo");
    toast(message.querySelector("p").textContent.trim(), { level: message.dataset.level, undo });
    message.remove();
  }
}

document.addEventListener("done", ({ detail: { message, undo } }) => toast(message, { level: "success", undo }));
document.addEventListener("focusin", () => requestAnimationFrame(onFocus)); // after the page was scrolled to it
document.addEventListener("close", () => document.body.append(stack), true);
document.addEventListener("htmx:pushedIntoHistory", () => stack.querySelector("[role=alert]").replaceChildren());
for (const type of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(type, takeMessages);
takeMessages();
