/* Prompts to begin with: a press fills the field of the form. */

class PromptExamples extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#onClick, { capture: true });
  }

  #onClick = (event) => {
    const words = event.target.closest("[data-prompt]")?.dataset.prompt;
    const field = document.querySelector("#order textarea[name=prompt]");
    if (!words || !field || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    field.value = words;
    field.focus();
  };
}

customElements.define("prompt-examples", PromptExamples);
