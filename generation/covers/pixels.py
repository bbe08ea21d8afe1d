"""A cover as pixels: PNG for sharing, JPEG for the tags of audio files."""

from io import BytesIO
from typing import TYPE_CHECKING

from generation.covers.cover import cover_of
from generation.covers.shapes import SIZE, Circle, Shape

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

# Drawn so many times as large and made smaller, which smooths the edges.
OVERSAMPLING = 4
CURVE_STEPS = 12
JPEG_QUALITY = 85


def cover_png(genre: str, seed: int, key: str = "", size: int = 512) -> bytes:
    """The cover that `cover_of` describes, `size` pixels wide and high."""
    file = BytesIO()
    _drawn(genre, seed, key, size).save(file, "PNG", optimize=True)
    return file.getvalue()


def cover_jpeg(genre: str, seed: int, key: str = "", size: int = 512) -> bytes:
    """The same as JPEG, which every player shows."""
    file = BytesIO()
    _drawn(genre, seed, key, size).save(file, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return file.getvalue()


def _drawn(genre: str, seed: int, key: str, size: int) -> "Image":
    from PIL import Image, ImageDraw  # late: the web process seldom draws one

    cover = cover_of(genre, seed, key)
    image = Image.new("RGB", (size * OVERSAMPLING,) * 2, cover.ground)
    canvas = ImageDraw.Draw(image)
    for layer in cover.layers:
        for shape in layer.shapes:
            _fill(canvas, shape, layer.colour, size * OVERSAMPLING / SIZE)
    return image.reduce(OVERSAMPLING)


def _fill(canvas: "ImageDraw", shape: Shape, colour: str, scale: float) -> None:
    if isinstance(shape, Circle):
        x, y, radius = shape.x * scale, shape.y * scale, shape.radius * scale
        edge = (x - radius, y - radius, x + radius, y + radius)
        if shape.hole:
            canvas.ellipse(edge, outline=colour, width=max(1, round((shape.radius - shape.hole) * scale)))
        else:
            canvas.ellipse(edge, fill=colour)
    else:
        canvas.polygon([(x * scale, y * scale) for x, y in shape.flattened(CURVE_STEPS)], fill=colour)
