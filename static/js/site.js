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

/* A card that polls for its job's progress may have been removed from the page when the response comes, which then has
   no place any more. htmx dispatches the event on the removed card, so a listener on the document would not get it. */
function ignoreLateResponse(event) {
  if (!event.target.isConnected) event.preventDefault();
}

document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => {
  if (elt.matches(".card-live")) elt.addEventListener("htmx:beforeOnLoad", ignoreLateResponse);
});

/* Going to a page that turns out to be an error page of the site shows it; any other error response is a failure. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { boosted, xhr } = event.detail;
  if (xhr.status < 400) return;
  const isPage = boosted && xhr.responseText.includes('id="main"');
  event.detail.shouldSwap = isPage;
  event.detail.isError = !isPage;
  if (boosted && !isPage) location.assign(xhr.responseURL || location.href);
});

document.addEventListener("htmx:sendError", (event) => {
  const isPoll = event.detail.elt.matches(".card-live, .order-notices");
  if (!isPoll) showError("The site cannot be reached. Check your connection and try again.");
});

document.addEventListener("htmx:responseError", (event) => {
  const isPoll = event.detail.elt.matches(".card-live, .order-notices");
  if (!isPoll) showError("That did not work. Load the page anew and try again.");
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
