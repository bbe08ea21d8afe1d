/* A form that sends one call of the API, and shows what is answered below it. */

const SHOWN_HEADERS = ["location", "retry-after", "etag", "content-disposition", "ratelimit", "x-request-id"];

class ApiCall extends HTMLElement {
  #running = null;

  connectedCallback() {
    this.querySelector("form").addEventListener("submit", this.#onSubmit);
  }

  disconnectedCallback() {
    this.#running?.abort();
  }

  #onSubmit = async (event) => {
    event.preventDefault();
    if (this.#running) {
      this.#running.abort();
      return;
    }
    const button = this.querySelector("button");
    this.#running = new AbortController();
    button.textContent = "Stop";
    try {
      await this.#show(await fetch(...this.#request(event.target)));
    } catch (error) {
      if (error.name !== "AbortError") this.#say("No answer", error.message);
    } finally {
      this.#running = null;
      button.textContent = "Send";
    }
  };

  /* What `fetch` is called with. */
  #request(form) {
    const headers = new Headers({ Accept: "application/json" });
    const query = new URLSearchParams();
    let path = form.dataset.path;
    let body;
    for (const field of form.querySelectorAll("[data-place]")) {
      const value = field.value.trim();
      if (!value) continue;
      if (field.dataset.place === "in the path") path = path.replace(`{${field.name}}`, encodeURIComponent(value));
      if (field.dataset.place === "in the query") query.append(field.name, value);
      if (field.dataset.place === "header") headers.set(field.name, value);
      if (field.dataset.place === "body") body = value;
    }
    const token = document.getElementById("token").value.trim();
    if (token) headers.set("Authorization", `Bearer ${token}`);
    else headers.set("X-CSRFToken", this.dataset.csrf);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const address = query.size ? `${path}?${query}` : path;
    const { method } = form.dataset;
    const credentials = token ? "omit" : "same-origin";
    return [address, { method, headers, body, credentials, redirect: "manual", signal: this.#running.signal }];
  }

  async #show(answer) {
    if (answer.type === "opaqueredirect") {
      this.#say("It leads elsewhere", "Programs follow it to the signed address of the audio.");
      return;
    }
    const headers = SHOWN_HEADERS.filter((name) => answer.headers.has(name))
      .map((name) => `${name}: ${answer.headers.get(name)}\n`).join("");
    const status = `${answer.status} ${answer.statusText}`;
    const type = answer.headers.get("content-type") ?? "";
    if (type.includes("json")) {
      this.#say(status, `${headers}\n${JSON.stringify(await answer.json(), null, 2)}`);
    } else if (type.startsWith("text/event-stream")) {
      const text = this.#say(status, `${headers}\n`);
      const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) text.append(piece.value);
    } else {
      const data = await answer.blob();
      this.#say(status, `${headers}${data.size ? `\n${data.size} bytes of ${type}` : ""}`);
    }
  }

  /* Replace what was shown, and return the element that holds the text. */
  #say(title, text) {
    const place = this.querySelector(".api-answer");
    const heading = document.createElement("p");
    const code = document.createElement("pre");
    heading.textContent = title;
    code.className = "code";
    code.tabIndex = 0;
    code.textContent = text.trimStart();
    place.replaceChildren(heading, ...(text.trim() || title.startsWith("2") ? [code] : []));
    place.hidden = false;
    return code;
  }
}

customElements.define("api-call", ApiCall);
