/* Selecting tracks by their checkboxes, with Shift as many as lie between, and the bar that says what can be done with
   them. */

class TrackSelection extends HTMLElement {
  #last = null;
  #isShift = false;

  connectedCallback() {
    this.addEventListener("click", this.#onClick);
    this.addEventListener("change", this.#onChange);
    this.addEventListener("keydown", this.#onKey);
    this.addEventListener("htmx:afterSettle", this.#show);
    this.addEventListener("htmx:afterRequest", this.#onDone);
    this.#show();
  }

  get #form() {
    return this.querySelector("#selection");
  }

  get #boxes() {
    return [...this.querySelectorAll(".card-check")];
  }

  get #selected() {
    return this.#boxes.filter((box) => box.checked);
  }

  #onClick = (event) => {
    if (event.target.matches(".card-check")) this.#isShift = event.shiftKey;
    const asked = event.target.closest("[data-select]")?.dataset.select;
    if (!asked) return;
    for (const box of this.#boxes) box.checked = asked === "all";
    this.#show();
    if (asked === "none") this.#leave();
  };

  #onChange = ({ target }) => {
    if (!target.matches(".card-check")) return;
    const boxes = this.#boxes;
    const [from, to] = [boxes.indexOf(this.#last), boxes.indexOf(target)].sort((a, b) => a - b);
    if (this.#isShift && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = target.checked;
    this.#last = target;
    this.#isShift = false;
    this.#show();
  };

  /* In the field of a tag, Enter adds it: else the form's first button would be pressed, which is another's. */
  #onKey = (event) => {
    if (event.key === "Escape" && event.target.matches(".card-check") && this.#selected.length) {
      for (const box of this.#boxes) box.checked = false;
      this.#show();
    }
    if (event.key !== "Enter" || event.target.id !== "selection-tag") return;
    event.preventDefault();
    this.#form.querySelector("[value=tag]").click();
  };

  #onDone = ({ detail, target }) => {
    if (target !== this.#form || !detail.successful) return;
    const isDeleted = detail.requestConfig.parameters.action === "delete";
    for (const { value: track } of isDeleted ? this.#selected : []) {
      document.dispatchEvent(new CustomEvent("track-removed", { detail: { track } }));
    }
    this.#form.querySelector("#selection-tag").value = "";
    for (const box of this.#boxes) box.checked = false;
    this.#leave();
    this.#show();
  };

  /* Whoever used the bar goes on with the list when the bar is gone. */
  #leave() {
    if (this.#form.contains(document.activeElement)) {
      document.getElementById("tracks-title").focus({ preventScroll: true });
    }
  }

  #show = () => {
    const count = this.#selected.length;
    const output = this.#form.querySelector("output");
    if (output.textContent !== String(count)) output.textContent = count;
    this.#form.classList.toggle("selection-open", count > 0);
    this.classList.toggle("is-selecting", count > 0);
  };
}

customElements.define("track-selection", TrackSelection);
