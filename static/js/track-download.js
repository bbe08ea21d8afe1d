/* Links to a track's downloads. A press starts the download from where the listener is, so the music goes on; what
   must be made first says so in its place until it is there. It goes on while pages come and go. */

const TYPE = "application/json";
const LONGEST_MS = 300_000;
const PAUSE_SECONDS = 2;
const SAID_FOR_MS = 6_000;

/* What each download that was pressed on this page says now, by its address. */
const states = new Map();

class TrackDownload extends HTMLElement {
  connectedCallback() {
    // In the capture phase: the menu around it stays open, to say how it goes.
    this.addEventListener("click", this.#onClick, { capture: true });
    this.show();
  }

  #links() {
    return this.querySelectorAll("a[href]");
  }

  show() {
    const said = [...this.#links()].map((link) => {
      const state = states.get(link.pathname + link.search);
      link.toggleAttribute("data-making", state?.isRunning ?? false);
      return state?.words ?? "";
    });
    this.querySelector(".downloads-said").textContent = said.filter(Boolean).join(" ");
  }

  #onClick = (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.stopPropagation();
    event.preventDefault();
    start(link.pathname + link.search, link.dataset.what);
  };
}

async function start(address, what) {
  if (states.get(address)?.isRunning) return;
  tell(address, "", true);
  let words = `The download of the ${what} has started.`;
  try {
    save(await prepared(address, () => tell(address, `Making the ${what}…`, true)));
  } catch (error) {
    words = error.message;
  }
  tell(address, words, false);
  document.dispatchEvent(new CustomEvent("announce", { detail: { value: words } }));
  setTimeout(() => {
    if (states.get(address)?.words === words) tell(address, "", false);
  }, SAID_FOR_MS);
}

/* Where the file is, and the name it has where the address does not say that itself. */
async function prepared(address, onWait) {
  const end = performance.now() + LONGEST_MS;
  while (performance.now() < end) {
    const answer = await fetch(address, { headers: { Accept: TYPE } }).catch(() => null);
    if (!answer) throw new Error("The site cannot be reached. Check your connection and try again.");
    if (answer.status === 200) return fileIn(answer);
    if (answer.status !== 202) throw new Error(await reasonIn(answer));
    onWait();
    const seconds = Number(answer.headers.get("Retry-After")) || PAUSE_SECONDS;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  throw new Error("This takes longer than usual. Try again later.");
}

async function fileIn(answer) {
  if (isJson(answer)) return { url: (await answer.json()).url, name: "" };
  const [, name] = answer.headers.get("Content-Disposition")?.match(/filename\*=UTF-8''([^;]+)/) ?? [];
  return { url: URL.createObjectURL(await answer.blob()), name: decodeURIComponent(name ?? "") };
}

async function reasonIn(answer) {
  if (isJson(answer)) return (await answer.json()).detail;
  return answer.status === 404 ? "This track is not here any more." : "That did not work. Try again in a moment.";
}

function isJson(answer) {
  return (answer.headers.get("Content-Type") ?? "").startsWith(TYPE);
}

function save({ url, name }) {
  const link = Object.assign(document.createElement("a"), { href: url, download: name, hidden: true });
  link.addEventListener("click", (event) => event.stopPropagation());
  document.body.append(link);
  link.click();
  link.remove();
  if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), LONGEST_MS);
}

function tell(address, words, isRunning) {
  states.set(address, { words, isRunning });
  for (const element of document.querySelectorAll("track-download")) element.show();
}

customElements.define("track-download", TrackDownload);
