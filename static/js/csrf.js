/* The token that proves to the site that a request comes from its own page. A page may be older than the log-in. */
export function csrfToken() {
  const [, kept] = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) ?? [];
  return kept ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}
