"""What the page of a detection says of images: the most anomalous, what was expected, and where."""

from dataclasses import dataclass

import numpy as np

from genad.detection import Detection, ImageResult
from genad.report.formats import clip, number, probability
from genad.report.pictures import Picture, as_pixels, heat

_MOST = 20


@dataclass(frozen=True)
class ImagePanel:
    """One image: what it is, its figures, and its pictures side by side."""

    name: str
    score: str
    probability: str
    flagged: bool
    label: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class FoundImages:
    """The most anomalous images, highest score first, and how to read their pictures."""

    panels: tuple[ImagePanel, ...]
    reading: str


def found_images(detection: Detection) -> FoundImages | None:
    """Return what to show of the images of a detection, or None if it was of something else.

    Examples
    --------
    >>> from genad import ZScore
    >>> found_images(Detection(
    ...     ZScore(), "a", "b", 2, np.zeros(2), 1.0, 0, [], None, None, 0.1, 0.1, [], ""
    ... )) is None
    True
    """
    if not detection.images:
        return None
    shown = detection.images[:_MOST]
    span = _span(shown)
    scale = _scale(shown)
    panels = []
    for image, row in zip(shown, detection.top, strict=False):
        kind = row.values.get("class")
        label = {None: "", True: "anomaly", False: "normal"}[row.label]
        panels.append(
            ImagePanel(
                name=clip(image.name, 40),
                score=number(row.score, 5),
                probability=probability(row.probability),
                flagged=row.flagged,
                label=", ".join(text for text in (f"class {kind}" if kind else "", label) if text),
                pictures=_pictures(image, span, scale),
            )
        )
    return FoundImages(tuple(panels), _reading(shown[0]))


def _reading(first: ImageResult) -> str:
    parts = ["the image as it is"]
    parts += ["what the model would have put there"] if first.expected is not None else []
    parts += ["where the score comes from"] if first.anomaly_map is not None else []
    mapped = "; the brighter, the more, on one scale for all" if len(parts) > 1 else ""
    listed = ", ".join(parts) if len(parts) < 3 else f"{parts[0]}, {parts[1]}, and {parts[2]}"
    return f"Side by side: {listed}{mapped if first.anomaly_map is not None else ''}."


def _pictures(
    image: ImageResult, span: tuple[float, float] | None, scale: tuple[float, float]
) -> tuple[Picture, ...]:
    shown = [Picture(as_pixels(image.image[None], span)[0], "image", flagged=False)]
    if image.expected is not None:
        shown.append(Picture(as_pixels(image.expected[None], span)[0], "expected"))
    if image.anomaly_map is not None:
        shown.append(Picture(heat(image.anomaly_map, *scale), "anomaly map"))
    return tuple(shown)


def _span(shown: tuple[ImageResult, ...]) -> tuple[float, float] | None:
    """Return the values that are black and white in all pictures; None for those of bytes."""
    if shown[0].image.dtype == np.uint8:
        return None
    low = min(float(each.image.min()) for each in shown)
    high = max(float(each.image.max()) for each in shown)
    return (0.0, 1.0) if shown[0].image.dtype.kind == "f" and 0 <= low <= high <= 1 else (low, high)


def _scale(shown: tuple[ImageResult, ...]) -> tuple[float, float]:
    """Return the shares that are black and brightest: what every pixel has, and what few have."""
    maps = [each.anomaly_map for each in shown if each.anomaly_map is not None]
    if not maps:
        return 0.0, 1.0
    least, most = np.quantile(np.stack(maps), [0.05, 0.999]).tolist()
    return least, most
