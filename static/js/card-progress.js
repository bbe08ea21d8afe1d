/* Draws on the card of a living job how far the piece is that it shows, as the templates would. Returns whether that is
   all that has changed; if not, the card must be drawn anew by the server. */
export function showProgress(card, job) {
  const ring = card.querySelector(".ring[aria-valuenow]");
  if (!ring || job.progress === null || (job.stage ?? "") !== card.dataset.stage) return false;
  const pieces = Number(card.dataset.variations);
  const part = job.progress * pieces - Number(card.dataset.index);
  const percent = Math.round(100 * Math.min(1, Math.max(0, part)));
  ring.setAttribute("aria-valuenow", percent);
  ring.querySelector(".ring-part").setAttribute("stroke-dasharray", `${percent} 100`);
  card.querySelector(".card-percent").textContent = `${percent}%`;
  const width = Number(card.querySelector(".wave-rest").getAttribute("width"));
  card.querySelector(".wave-played").setAttribute("width", (percent / 100) * width);
  return true;
}
