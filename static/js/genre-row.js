/* Genres in one row: the chosen one is brought into sight, and words in the search leave those that have them. */

class GenreRow extends HTMLElement {
  connectedCallback() {
    this.#search.addEventListener("input", this.#onInput);
    this.#search.addEventListener("keydown", this.#onKey);
    this.addEventListener("change", this.#showChosen);
    this.#form.addEventListener("review", this.#showChosen);
    requestAnimationFrame(() => this.#showChosen());
  }

  get #form() {
    return this.closest("form");
  }

  get #search() {
    return this.querySelector(".genre-search");
  }

  get #chips() {
    return [...this.querySelectorAll(".chip")];
  }

  get #found() {
    return this.#chips.filter((chip) => !chip.hidden);
  }

  /* What is searched is no part of the order. */
  #onInput = (event) => {
    event.stopPropagation();
    this.#filter(event.target.value);
  };

  #filter(text) {
    const wanted = letters(text);
    for (const chip of this.#chips) chip.hidden = !letters(chip.textContent).includes(wanted);
    this.querySelector(".genre-none").textContent = this.#found.length
      ? ""
      : "There is no such genre. Describe it in the prompt instead.";
    if (!wanted) this.#showChosen();
  }

  #onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    const [first] = this.#found;
    if (event.key === "Enter") {
      event.preventDefault();
      if (letters(this.#search.value) && first) this.#choose(first);
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      (this.#found.find((chip) => chip.firstElementChild.checked) ?? first).firstElementChild.focus();
    } else if (event.key === "Escape" && this.#search.value) {
      event.preventDefault();
      this.#clear();
    }
  };

  #choose(chip) {
    const radio = chip.firstElementChild;
    radio.checked = true;
    this.#clear();
    radio.focus();
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #clear() {
    this.#search.value = "";
    this.#filter("");
  }

  #showChosen = () => {
    const chip = this.#found.find((each) => each.firstElementChild.checked);
    const row = this.querySelector(".chip-row");
    if (chip) row.scrollLeft = chip.offsetLeft - (row.clientWidth - chip.offsetWidth) / 2;
  };
}

/* "Hip hop", "hip-hop" and "hiphop" are one. */
function letters(text) {
  return text.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]/gu, "");
}

customElements.define("genre-row", GenreRow);
