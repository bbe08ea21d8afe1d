/* Example prompts: a click fills the prompt field of the form. */

class PromptExamples extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#onClick, { capture: true });
  }

  #onClick = (event) => {
    const prompt = event.target.closest("[data-prompt]")?.dataset.prompt;
    const field = document.querySelector("#order textarea[name=prompt]");
    if (!prompt || !field || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    field.value = prompt;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
}

customElements.define("prompt-examples", PromptExamples);
