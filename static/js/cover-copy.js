/* Copies of the covers on the page, as text, so that the player can keep them and show them again. */

const SVG = "image/svg+xml";
const ARTWORK_SIZE = 256;

/* The cover on which this button lies, or "". Its copy has ids of its own and nothing that runs. */
export function coverBeside(button) {
  const cover = button.parentElement.querySelector("svg.cover");
  if (!cover) return "";
  const copy = cover.cloneNode(true);
  copy.querySelectorAll("script, foreignObject").forEach((each) => each.remove());
  const ids = new Set([...copy.querySelectorAll("[id]")].map(({ id }) => id));
  for (const element of [copy, ...copy.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith("on")) element.removeAttribute(name);
      else if (name === "id") element.id = `player-${value}`;
      else if (ids.size) element.setAttribute(name, value.replace(/#([\w-]+)/g, renamed));
    }
  }
  return new XMLSerializer().serializeToString(copy);

  function renamed(whole, id) {
    return ids.has(id) ? `#player-${id}` : whole;
  }
}

export function showCover(place, cover) {
  const drawn = cover ? new DOMParser().parseFromString(cover, SVG).documentElement : null;
  place.replaceChildren(...(drawn ? [document.importNode(drawn, true)] : []));
}

/* The address of the cover as a picture that a device can show, or null. */
export async function artworkOf(cover) {
  const picture = new Image(ARTWORK_SIZE, ARTWORK_SIZE);
  picture.src = `data:${SVG},${encodeURIComponent(cover)}`;
  try {
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = ARTWORK_SIZE;
    canvas.getContext("2d").drawImage(picture, 0, 0, ARTWORK_SIZE, ARTWORK_SIZE);
    return canvas.toDataURL("image/png");
  } catch {
    return null; // this browser cannot draw it
  }
}
