/* What pages need beyond their elements: where the reader is, what has happened, and what to do when it fails. */

const main = () => document.getElementById("main");

function markCurrentPage() {
  for (const link of document.querySelectorAll(".rail-links a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function announce(words) {
  document.getElementById("announcer").textContent = words;
}

/* The page that is on its way. Whoever goes elsewhere meanwhile must not be taken to it when it comes. */
let coming = null;

function forgetComing() {
  coming?.abort();
  coming = null;
}

document.addEventListener("htmx:beforeSend", (event) => {
  if (!event.detail.boosted) return;
  forgetComing();
  coming = event.detail.xhr;
});

addEventListener("popstate", forgetComing);

/* A card that asks how far its job is may be gone when the answer comes, with what the reader has done meanwhile. The
   answer has no place any more. It is told to the card, which is outside the document, and so not to the document. */
function letGoOfLateAnswer(event) {
  if (!event.target.isConnected) event.preventDefault();
}

document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => {
  if (elt.matches(".card-live")) elt.addEventListener("htmx:beforeOnLoad", letGoOfLateAnswer);
});

/* An error page of the site is a page like any other; to anything but a change of page it is a failure. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { boosted, xhr } = event.detail;
  if (xhr.status < 400) return;
  const isPage = boosted && xhr.responseText.includes('id="main"');
  event.detail.shouldSwap = isPage;
  event.detail.isError = !isPage;
  if (boosted && !isPage) location.assign(xhr.responseURL || location.href);
});

document.addEventListener("htmx:sendError", (event) => {
  const isPoll = event.detail.elt.matches(".card-live");
  if (!isPoll) showTrouble("The site cannot be reached. Check your connection and try again.");
});

document.addEventListener("htmx:responseError", (event) => {
  const isPoll = event.detail.elt.matches(".card-live");
  if (!isPoll) showTrouble("That did not work. Load the page anew and try again.");
});

function showTrouble(words) {
  const message = document.createElement("p");
  message.className = "message message-error";
  message.setAttribute("role", "alert");
  message.textContent = words;
  document.getElementById("messages").replaceChildren(message);
  message.scrollIntoView({ block: "nearest" });
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

for (const moved of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore", "popstate"]) {
  addEventListener(moved, () => setTimeout(markCurrentPage));
}
