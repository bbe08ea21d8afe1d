/* A zip that became ready while its page was looked at: its download starts by itself, and a toast says so. */

import { toast } from "./toasts.js";

class ReadyZip extends HTMLElement {
  connectedCallback() {
    toast("Your zip is ready. Its download has started.", { level: "success" });
    this.querySelector("a[download]").click();
    // Who comes back to the page, or loads it anew, has it already.
    if (location.search) history.replaceState(history.state, "", location.pathname);
  }
}

customElements.define("ready-zip", ReadyZip);
