/* A line at the top of the window while the next page is long in coming. */

const SLOW_MS = 300;

const line = document.createElement("div");
line.className = "page-progress";
line.hidden = true;
document.body.append(line);

let awaited = null;
let timer = 0;

function begin(xhr) {
  awaited = xhr;
  clearTimeout(timer);
  timer = setTimeout(() => show(true), SLOW_MS);
}

function end() {
  awaited = null;
  clearTimeout(timer);
  show(false);
}

function show(isShown) {
  line.hidden = !isShown;
  const main = document.getElementById("main");
  if (isShown) main.setAttribute("aria-busy", "true");
  else main.removeAttribute("aria-busy");
}

document.addEventListener("htmx:beforeSend", ({ detail: { boosted, xhr } }) => boosted && begin(xhr));
/* On the window, for what was pressed may have been removed by the time its request ends. */
for (const type of ["htmx:afterRequest", "htmx:sendAbort", "htmx:sendError", "htmx:timeout"]) {
  addEventListener(type, ({ detail: { xhr } }) => xhr === awaited && end());
}
document.addEventListener("htmx:afterSettle", ({ detail: { xhr } }) => xhr === awaited && end());
addEventListener("popstate", end);
addEventListener("pageshow", end);
