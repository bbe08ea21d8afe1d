/* A text beside a button that copies it. */

const SAID_FOR_MS = 2000;

class CopyText extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#onClick);
  }

  #onClick = async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const text = this.querySelector("code");
    const label = (button.dataset.label ??= button.textContent);
    const isCopied = await copied(text);
    button.textContent = isCopied ? "Copied" : "Press Ctrl+C";
    const value = isCopied ? "Copied." : "It is selected. Press Ctrl+C to copy it.";
    this.dispatchEvent(new CustomEvent("announce", { detail: { value }, bubbles: true }));
    setTimeout(() => { button.textContent = label; }, SAID_FOR_MS);
  };
}

/* Browsers give the clipboard to secure pages alone; elsewhere the text is selected, for the reader to copy. */
async function copied(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return false;
  }
}

customElements.define("copy-text", CopyText);
