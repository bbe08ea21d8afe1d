"""The site's icons, drawn from its mark: `python -m docs.icons` makes the files in `static/img/` anew."""

import re
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent.parent / "static" / "img"
BARS = re.compile(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"')
MARK_SIZE = 24
ACCENT, GROUND = "#f0724d", "#211512"
OVERSAMPLING = 8
FAVICON_SIZES = (16, 32, 48)


def main() -> None:
    """Draw them all."""
    favicons = [icon(size, share=1, ground=None) for size in FAVICON_SIZES]
    favicons[-1].save(
        FOLDER / "favicon.ico", append_images=favicons[:-1], sizes=[(size, size) for size in FAVICON_SIZES]
    )
    for name, size, share, corner in (
        ("icon-192", 192, 0.62, 0.22),
        ("icon-512", 512, 0.62, 0.22),
        ("icon-maskable-512", 512, 0.5, 0.0),  # what lies outside a circle of 80 % may be cut off
        ("apple-touch-icon", 180, 0.6, 0.0),
    ):
        icon(size, share=share, ground=GROUND, corner=corner).save(FOLDER / f"{name}.png", optimize=True)


def icon(size: int, *, share: float, ground: str | None, corner: float = 0.0) -> Image.Image:
    """The mark in a square, as wide as that share of it; on a ground with round corners, or on nothing."""
    large = size * OVERSAMPLING
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    canvas = ImageDraw.Draw(image)
    if ground:
        canvas.rounded_rectangle((0, 0, large - 1, large - 1), corner * large, fill=ground)
    scale, margin = large * share / MARK_SIZE, large * (1 - share) / 2
    for bar in BARS.findall((FOLDER / "mark.svg").read_text()):
        x, y, width, height = (float(part) * scale for part in bar)
        place = (margin + x, margin + y, margin + x + width, margin + y + height)
        canvas.rounded_rectangle(place, width / 2, fill=ACCENT)
    return image.reduce(OVERSAMPLING)


if __name__ == "__main__":
    main()
