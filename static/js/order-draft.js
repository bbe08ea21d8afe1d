/* Keeps what stands in the form of an order while one goes to other pages and back, in this tab and for as long as it is
   open. The server draws the form anew and it is filled from here; where it lacks a field, what answers at `redraw` draws
   it with the values (`drawn`). With `filled` it has what was asked for, such as an earlier order: that is kept, and the
   address no longer asks for it, lest going back filled it again.

   It also orders by Ctrl+Enter, and clears the form, which can be undone until something is typed. */

const KEY = "order";
/* Of the page it stands on, and not of the order. */
const NOT_KEPT = ["csrfmiddlewaretoken", "notices_seen", "refused"];
const KEPT = "kept_";
const SETTLED_MS = 100;

class OrderDraft extends HTMLElement {
  #form = null;
  #cleared = null;

  connectedCallback() {
    this.#form = this.closest("form");
    this.#form.addEventListener("input", this.#save);
    this.#form.addEventListener("change", this.#save);
    this.#form.addEventListener("toggle", this.#save, { capture: true });
    this.#form.addEventListener("keydown", this.#onKey);
    this.#form.addEventListener("click", this.#onClick, { capture: true });
    this.#form.addEventListener("htmx:beforeRequest", this.#onRequest);
    this.#form.addEventListener("htmx:afterRequest", this.#onRequest);
    if (this.hasAttribute("filled")) this.#take();
    else this.#restore();
  }

  get #options() {
    return this.#form.querySelector(".order-options");
  }

  get #entries() {
    return [...new FormData(this.#form)].filter(([name]) => !NOT_KEPT.includes(name));
  }

  #save = (event) => {
    if (event?.type === "input") this.#forgetCleared();
    write({ entries: this.#entries, open: this.#options.open });
  };

  #take() {
    this.#save();
    if (location.search) history.replaceState(history.state, "", location.pathname + location.hash);
  }

  #restore() {
    const draft = read();
    if (!draft) return;
    draft.entries = withChanges(this.#form, draft.entries).filter(([name, value]) => this.#canHave(name, value));
    if (!this.hasAttribute("drawn") && this.#lacks(draft.entries)) {
      this.#drawWith(draft.entries);
      return;
    }
    fill(this.#form, draft.entries);
    if (!this.#options.querySelector(".field-error")) this.#options.open = draft.open;
    this.#say();
  }

  /* Not an engine that is not here any more. */
  #canHave(name, value) {
    const choice = name === "engine" && this.#form.elements.engine;
    return !choice || [...choice.options].some((option) => option.value === value);
  }

  /* Whether the server has to draw the form anew: other engines have other fields, and words are taken back by chips. */
  #lacks(entries) {
    return entries.some(([name, value]) => {
      if (name === "engine") return this.#form.elements.engine?.value !== value;
      return value && !name.startsWith(KEPT) && !fieldsOf(this.#form, name).length;
    });
  }

  #drawWith(entries) {
    const values = Object.fromEntries(grouped(entries));
    values.csrfmiddlewaretoken = this.#form.elements.csrfmiddlewaretoken.value;
    whenReady(() => this.isConnected && ask("POST", this.getAttribute("redraw"), values));
  }

  /* Have what there is to say about the order asked for, once htmx knows the form. */
  #say() {
    whenReady(() => this.#form.dispatchEvent(new CustomEvent("review")));
  }

  /* Until an order is taken, another press on Generate orders nothing; a disabled button would lose the focus. */
  #onRequest = (event) => {
    if (event.target !== this.#form) return;
    const isBusy = event.type === "htmx:beforeRequest";
    this.#form.querySelector("[type=submit].button-primary").setAttribute("aria-disabled", isBusy);
    if (event.detail.successful) this.#forgetErrors();
  };

  /* What was wrong with the last order is not with the one that was taken. */
  #forgetErrors() {
    const all = (selector) => this.#form.querySelectorAll(selector);
    for (const each of all(".field-error, .form-error, [name=refused]")) each.remove();
    for (const each of all(".field-invalid")) each.classList.remove("field-invalid");
    for (const each of all("[aria-invalid]")) {
      each.removeAttribute("aria-invalid");
      const described = each.getAttribute("aria-describedby") ?? "";
      const left = described.split(" ").filter((id) => document.getElementById(id));
      if (left.length) each.setAttribute("aria-describedby", left.join(" "));
      else each.removeAttribute("aria-describedby");
    }
  }

  #onKey = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  };

  #onClick = (event) => {
    const link = event.target.closest("[data-clear]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#cleared) {
      write(this.#cleared);
      this.#draw(null);
    } else {
      const draft = { entries: this.#entries, open: this.#options.open };
      sessionStorage.removeItem(KEY);
      this.#draw(draft);
    }
  };

  async #draw(cleared) {
    await ask("GET", this.#form.getAttribute("action"));
    const drawn = document.querySelector("#order order-draft");
    if (cleared) drawn?.offerUndo(cleared);
    const message = cleared ? "The form is cleared." : "The form is as it was.";
    document.dispatchEvent(new CustomEvent("announce", { detail: { value: message } }));
    (cleared ? document.querySelector("#order textarea[name=prompt]") : drawn?.clearLink)?.focus();
  }

  get clearLink() {
    return this.#form.querySelector("[data-clear]");
  }

  offerUndo(draft) {
    this.#cleared = draft;
    this.clearLink.textContent = "Undo clearing";
  }

  #forgetCleared() {
    if (!this.#cleared) return;
    this.#cleared = null;
    this.clearLink.textContent = "Clear";
  }
}

/* Put values into the fields that have these names; what the engine has no field for waits in a hidden one. */
function fill(form, entries) {
  for (const [name, given] of grouped(entries)) {
    const fields = fieldsOf(form, name);
    for (const field of fields) {
      if (["radio", "checkbox"].includes(field.type)) field.checked = given.includes(field.value);
      else field.value = given[0];
    }
    if (!fields.length && name.startsWith(KEPT)) form.append(hidden(name, given[0]));
  }
}

/* The values of each name. */
function grouped(entries) {
  const values = new Map();
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

function fieldsOf(form, name) {
  const other = name.startsWith(KEPT) ? name.slice(KEPT.length) : `${KEPT}${name}`;
  const named = (wanted) => [...form.elements].filter((field) => field.name === wanted);
  return named(name).length ? named(name) : named(other);
}

/* The entries of a draft, with what was changed in the form before this module was there. */
function withChanges(form, entries) {
  const changed = new Set([...form.elements].filter(isChanged).map((field) => field.name));
  const isNew = ([name]) => changed.has(name);
  return [...entries.filter((entry) => !isNew(entry)), ...[...new FormData(form)].filter(isNew)];
}

function isChanged(field) {
  if (field.type === "hidden") return false;
  if (["radio", "checkbox"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((each) => each.selected !== each.defaultSelected);
  return field.value !== field.defaultValue;
}

function hidden(name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  return field;
}

/* `then` is called once htmx has made the form its own, which it does when the page is loaded, and to a part that it
   swaps in within SETTLED_MS. */
function whenReady(then) {
  if (document.readyState === "complete") setTimeout(then, SETTLED_MS);
  else addEventListener("load", () => setTimeout(then), { once: true });
}

/* Have the server draw the form anew. */
function ask(verb, path, values = {}) {
  return htmx.ajax(verb, path, { values, target: "#order", select: "#order", swap: "outerHTML ignoreTitle:true" });
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function write(draft) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // Without storage, or with too much in it, the form is as the server draws it.
  }
}

customElements.define("order-draft", OrderDraft);
