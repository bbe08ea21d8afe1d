/* What every page needs: the current link marked, changes announced to screen readers, failed requests reported. */

import { toast } from "./toasts.js";

const main = () => document.getElementById("main");

function markCurrentPage() {
  for (const link of document.querySelectorAll(".rail-links a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function announce(message) {
  document.getElementById("announcer").textContent = message;
}

/* The request for the next page. Whoever goes elsewhere meanwhile must not be taken to it by a late response. */
let pageRequest = null;

function abortPageRequest() {
  pageRequest?.abort();
  pageRequest = null;
}

document.addEventListener("htmx:beforeSend", (event) => {
  if (!event.detail.boosted) return;
  abortPageRequest();
  pageRequest = event.detail.xhr;
});

addEventListener("popstate", abortPageRequest);
/* Back leads to a page that is gone: else the one before would stay, at the address of the other. */
document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());

/* A card, and the button that was pressed on it, may have been replaced by the time the response comes: by an answer to
   another request, or with the page. Then it has no place any more. htmx dispatches the event on the removed element, so
   a listener on the document would not get it. */
function ignoreLateResponse(event) {
  if (!event.target.isConnected || !event.detail.target.isConnected) event.preventDefault();
}

document.addEventListener("htmx:beforeSend", ({ detail: { boosted, elt } }) => {
  if (!boosted && elt.closest(".card")) elt.addEventListener("htmx:beforeOnLoad", ignoreLateResponse, { once: true });
});

/* Going to a page that turns out to be an error page of the site shows it, and an order that is refused shows the form
   that says why; any other error response is a failure, and takes away nothing that was filled in. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { boosted, requestConfig, xhr } = event.detail;
  if (xhr.status < 400) return;
  const isOrder = requestConfig.elt.matches("#order");
  const isPage = (boosted || isOrder) && xhr.responseText.includes(isOrder ? 'id="order"' : 'id="main"');
  event.detail.shouldSwap = isPage;
  event.detail.isError = !isPage;
  if (boosted && !isPage) location.assign(xhr.responseURL || location.href);
});

/* What pages ask by themselves fails quietly; of an order that has changed nothing is left that was said before. */
function failsQuietly(element) {
  if (element.matches(".order-notices")) element.replaceChildren();
  return element.matches(".card-live, .card-status, .order-notices");
}

document.addEventListener("htmx:sendError", (event) => {
  if (!failsQuietly(event.detail.elt)) showError("The site cannot be reached. Check your connection and try again.");
});

document.addEventListener("htmx:responseError", (event) => {
  const { elt, xhr } = event.detail;
  if (failsQuietly(elt)) return;
  const seconds = xhr.getResponseHeader("Retry-After") ?? "60";
  if (xhr.status === 429) showError(`Too often in a short time. Wait ${seconds} seconds, then try again.`);
  else showError("That did not work. Load the page anew and try again.");
});

function showError(message) {
  toast(message, { level: "error" });
}

/* What one person wrote is not for the next who uses this tab. */
document.addEventListener("submit", ({ target }) => {
  if (target.dataset.forgets) sessionStorage.removeItem(target.dataset.forgets);
}, { capture: true });

document.addEventListener("announce", (event) => announce(event.detail.value));
document.addEventListener("trouble", (event) => showError(event.detail.message));

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== main() && event.target !== main()) return;
  markCurrentPage();
  focusWrong(main());
  if (!main().contains(document.activeElement)) main().focus({ preventScroll: true });
});

/* The field that is wrong, or of choices the one that is chosen; else what stands above the form. */
function focusWrong(place) {
  const wrong = place.querySelector("[aria-invalid=true]");
  const choices = wrong?.matches("fieldset")
    ? ["input[type=number]", "input:checked", "input"].flatMap((selector) => [...wrong.querySelectorAll(selector)])
    : [wrong ?? place.querySelector(".form-error")];
  choices.find((each) => each?.getClientRects().length)?.focus();
}

/* Tracks were deleted, had back, tagged: the list that the page shows is drawn anew where it stands. */
document.addEventListener("tracks-changed", () => {
  const list = document.querySelector("#results, #jobs");
  if (!list) return;
  const place = `#${list.id}`;
  htmx.ajax("GET", location.pathname + location.search, { target: place, select: place, swap: "outerHTML" });
});

document.addEventListener("htmx:afterSettle", ({ detail, target }) => {
  if (detail.requestConfig?.elt.id !== "order") return;
  if (target.id === "order") focusWrong(target);
  if (target.id === "jobs") showOrdered(target);
});

/* The form stays as it is after an order; what was ordered comes into sight beside or below it. */
function showOrdered(jobs) {
  const job = jobs.querySelector(".job");
  if (!job) return;
  // At once: a smooth scroll would go on over the page that is gone to next.
  job.scrollIntoView({ block: "nearest", behavior: "instant" });
  job.classList.add("job-new");
  const title = job.querySelector(".card").getAttribute("aria-label");
  announce(`Ordered: ${title}. ${job.querySelector(".card-stage")?.textContent ?? ""}`);
  document.getElementById("order").dispatchEvent(new CustomEvent("review"));
}

/* What had the focus may be gone with the part of a page that was drawn anew: what took its place gets it. */
const LISTS = ["jobs", "results"];
const NEXT = [".card-ended .button", "[data-play]", "[id^=cancel-]", ".card-title a", "[tabindex='-1']"];
const focusIsIn = new WeakSet();

document.addEventListener("htmx:beforeSwap", ({ detail: { target, xhr } }) => {
  if (target !== main() && target.contains(document.activeElement)) focusIsIn.add(xhr);
});

document.addEventListener("htmx:afterSettle", ({ detail: { xhr }, target }) => {
  if (!focusIsIn.has(xhr) || main().contains(document.activeElement)) return;
  const places = LISTS.includes(target.id) ? NEXT.slice(-1) : NEXT;
  const isList = target.id === "results"; // it is drawn anew where one reads it
  places.map((selector) => target.querySelector(selector)).find(Boolean)?.focus({ preventScroll: isList });
});

for (const navigation of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore", "popstate"]) {
  addEventListener(navigation, () => setTimeout(markCurrentPage));
}
