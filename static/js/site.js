/* What every page needs: the current link marked, changes announced to screen readers, failed requests reported. */

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

/* A card, and the button that was pressed on it, may have been replaced by the time the response comes: by an answer to
   another request, or with the page. Then it has no place any more. htmx dispatches the event on the removed element, so
   a listener on the document would not get it. */
function ignoreLateResponse(event) {
  if (!event.target.isConnected || !event.detail.target.isConnected) event.preventDefault();
}

document.addEventListener("htmx:beforeSend", ({ detail: { boosted, elt } }) => {
  if (!boosted && elt.closest(".card")) elt.addEventListener("htmx:beforeOnLoad", ignoreLateResponse, { once: true });
});

/* Going to a page that turns out to be an error page of the site shows it; any other error response is a failure. So
   is one that came too often and would take away the form that was filled in. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { boosted, xhr } = event.detail;
  if (xhr.status < 400) return;
  const isPage = boosted && xhr.responseText.includes('id="main"');
  const isOrder = event.detail.requestConfig.elt.matches("#order");
  const losesForm = xhr.status === 429 && isOrder && !xhr.responseText.includes('id="order"');
  event.detail.shouldSwap = isPage && !losesForm;
  event.detail.isError = !event.detail.shouldSwap;
  if (boosted && !isPage) location.assign(xhr.responseURL || location.href);
});

/* What pages ask by themselves fails quietly; of an order that has changed nothing is left that was said before. */
function failsQuietly(element) {
  if (element.matches(".order-notices")) element.replaceChildren();
  return element.matches(".card-live, .order-notices");
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
  const paragraph = document.createElement("p");
  paragraph.className = "message message-error";
  paragraph.setAttribute("role", "alert");
  paragraph.textContent = message;
  document.getElementById("messages").replaceChildren(paragraph);
  paragraph.scrollIntoView({ block: "nearest" });
}

document.addEventListener("announce", (event) => announce(event.detail.value));
document.addEventListener("trouble", (event) => showError(event.detail.message));

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== main() && event.target !== main()) return;
  markCurrentPage();
  const invalid = main().querySelector("[aria-invalid=true]");
  if (invalid) {
    invalid.focus();
  } else if (event.detail.requestConfig?.verb === "post") {
    main().querySelector(".job")?.scrollIntoView({ block: "nearest" });
  }
  if (!main().contains(document.activeElement)) main().focus({ preventScroll: true });
});

for (const navigation of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore", "popstate"]) {
  addEventListener(navigation, () => setTimeout(markCurrentPage));
}
