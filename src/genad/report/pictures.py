"""Pictures on a page: images as PNG inside the page, enlarged without blur, captions under them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from genad.data.images import ImageArray
from genad.errors import DataError

Pixels = NDArray[np.uint8]

_SHOWN = 64  # small pictures are enlarged to about so many pixels on the page
_CAPTION, _LETTER = (40, 84), 7.5  # pixels: the narrowest and widest a caption makes a picture
_KEPT = 160  # pictures are stored with at most so many pixels a side
_PICTURE = Markup(
    '<figure class="picture{kind}" style="width:{room}px">'
    '<img alt="{alt}" width="{width}" height="{height}" src="{uri}">'
    "<figcaption>{label}{note}</figcaption></figure>"
)
_NOTE = Markup("<small>{}</small>")
_GAP, _PAPER = 2, 255  # pixels between the pictures of a sheet, and their colour


@dataclass(frozen=True, eq=False)
class Picture:
    """An image to show.

    Parameters
    ----------
    pixels : uint8, of shape (h, w) or (h, w, 3).
    label : the caption.
    note : a smaller second line.
    flagged : whether it stands out.
    """

    pixels: Pixels
    label: str = ""
    note: str = ""
    flagged: bool = False


def as_pixels(images: Any, span: tuple[float, float] | None = None) -> Pixels:
    """Return images as bytes to look at, of shape (n, h, w) or (n, h, w, 3).

    Parameters
    ----------
    images : of shape (n, h, w), (n, h, w, channels) or (n, channels, h, w), of any type that
        `ImageArray` takes. Of four channels the last, opacity, is dropped; two or more than four
        are averaged.
    span : the values that become black and white. By default 0 and 255 for bytes, 0 and 1 for
        booleans and for floating-point values within, and the extremes of all images otherwise.

    Examples
    --------
    >>> as_pixels(np.array([[[0.0, 0.5, 1.0]]])).tolist(), as_pixels(np.zeros((2, 3, 4, 5))).shape
    ([[[0, 128, 255]]], (2, 4, 5, 3))
    """
    pixels = ImageArray(np.asarray(images)).pixels(slice(None))
    low, high = _span(pixels, np.asarray(images).dtype) if span is None else span
    if pixels.dtype != np.uint8 or (low, high) != (0, 255):
        scaled = (pixels.astype(np.float64) - low) * (255 / ((high - low) or 1.0))
        pixels = scaled.round().clip(0, 255).astype(np.uint8)
    if pixels.shape[1] in (3, 4):
        return np.ascontiguousarray(pixels[:, :3].transpose(0, 2, 3, 1))
    return pixels[:, 0] if pixels.shape[1] == 1 else pixels.mean(1).round().astype(np.uint8)


# From black over red to yellow and white, evenly brighter: matplotlib's "inferno" at nine places.
_HEAT = np.array(
    [
        (0, 0, 4),
        (31, 12, 72),
        (85, 15, 109),
        (136, 34, 106),
        (186, 54, 85),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ]
)


def heat(values: NDArray[np.float64], least: float, most: float) -> Pixels:
    """Return a map of shares as colours, of shape (h, w, 3): black up to `least`, bright at `most`.

    Examples
    --------
    >>> heat(np.array([[0.0, -1.0, 2.0]]), 0.0, 2.0).tolist()
    [[[0, 0, 4], [0, 0, 4], [252, 255, 164]]]
    """
    shares = np.nan_to_num((values - least) / (most - least if most > least else 1.0))
    places = shares.clip(0, 1) * (len(_HEAT) - 1)
    steps = np.arange(len(_HEAT))
    colours = [np.interp(places, steps, channel) for channel in _HEAT.T]
    return np.stack(colours, axis=-1).round().astype(np.uint8)


def pictures(
    images: Any,
    labels: Sequence[str] = (),
    notes: Sequence[str] = (),
    span: tuple[float, float] | None = None,
) -> tuple[Picture, ...]:
    """Return images with their captions.

    Parameters
    ----------
    images, span : as in `as_pixels`.
    labels, notes : one for each image, or none.

    Examples
    --------
    >>> [picture.label for picture in pictures(np.zeros((2, 8, 8)), ["zero", "one"])]
    ['zero', 'one']
    """
    every = as_pixels(images, span)
    labels, notes = list(labels) or [""] * len(every), list(notes) or [""] * len(every)
    return tuple(Picture(*each) for each in zip(every, labels, notes, strict=True))


def picture(shown: Picture, size: int = _SHOWN) -> Markup:
    """Return a picture with its caption as HTML, its longer side about `size` pixels.

    Small ones are enlarged by a whole number, so that their pixels stay square and sharp.

    Examples
    --------
    >>> html = picture(Picture(np.zeros((28, 28), np.uint8), "zero"))
    >>> print(html.partition(" src")[0])
    <figure class="picture" style="width:56px"><img alt="zero" width="56" height="56"
    """
    height, width = shown.pixels.shape[:2]
    longest = max(height, width)
    scale = max(1, round(size / longest)) if longest <= 1.5 * size else size / longest
    return _PICTURE.format(
        kind=" flagged" if shown.flagged else "",
        alt=shown.label or "picture",
        room=max(_room(f"{shown.label} {shown.note}"), round(scale * width)),
        width=max(1, round(scale * width)),
        height=max(1, round(scale * height)),
        uri=data_uri(shown.pixels),
        label=shown.label,
        note=_NOTE.format(shown.note) if shown.note else "",
    )


def _room(caption: str) -> int:
    """Return a width at which the longest word is not broken, within limits."""
    longest = max(map(len, caption.split()), default=0)
    return round(min(max(_LETTER * longest, _CAPTION[0]), _CAPTION[1]))


def data_uri(pixels: Pixels) -> str:
    """Return an image as the text that a page holds it by; large ones are made smaller.

    Examples
    --------
    >>> data_uri(np.zeros((2, 2), np.uint8))[:30]
    'data:image/png;base64,iVBORw0K'
    """
    return "data:image/png;base64," + base64.b64encode(png(_reduced(pixels))).decode("ascii")


def png(pixels: Pixels) -> bytes:
    """Return an image as a PNG file.

    Examples
    --------
    >>> png(np.zeros((2, 2), np.uint8))[1:4]
    b'PNG'
    """
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def sheet(
    images: Any, columns: int, scale: int = 1, span: tuple[float, float] | None = None
) -> Pixels:
    """Return images side by side as one image, row by row.

    Parameters
    ----------
    images, span : as in `as_pixels`.
    columns : images in a row.
    scale : a whole number to enlarge them by.

    Examples
    --------
    >>> sheet(np.zeros((5, 3, 4), np.uint8), columns=3, scale=2).shape
    (14, 28)
    """
    every = as_pixels(images, span).repeat(scale, 1).repeat(scale, 2)
    if not len(every) or columns < 1 or scale < 1:
        raise DataError(
            f"A sheet of {len(every)} images in {columns} columns shows nothing: give one of each "
            "at least."
        )
    columns = min(columns, len(every))
    rows = -(-len(every) // columns)
    height, width = every.shape[1:3]
    shape = rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP
    result = np.full((*shape, *every.shape[3:]), _PAPER, np.uint8)
    for i, image in enumerate(every):
        top, left = i // columns * (height + _GAP), i % columns * (width + _GAP)
        result[top : top + height, left : left + width] = image
    return result


def _span(pixels: NDArray[Any], given: np.dtype[Any]) -> tuple[float, float]:
    if given == np.uint8:
        return 0.0, 255.0
    low, high = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 1.0)
    return (0.0, 1.0) if given.kind in "bf" and low >= 0 and high <= 1 else (low, high)


def _reduced(pixels: Pixels) -> Pixels:
    from PIL import Image

    height, width = pixels.shape[:2]
    if (longest := max(height, width)) <= _KEPT:
        return pixels
    size = max(1, width * _KEPT // longest), max(1, height * _KEPT // longest)
    small = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(small)
