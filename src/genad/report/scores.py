"""The histogram of the scores: what was scored against what is normal, cut at the threshold."""

import numpy as np
from numpy.typing import NDArray

from genad.detection import Detection
from genad.report.axes import Axis, axis_across, axis_of_counts
from genad.report.charts import Bar, Histogram
from genad.report.formats import count, number
from genad.report.verdict import held_out, reference

Array = NDArray[np.float64]


def score_histogram(detection: Detection) -> Histogram | None:
    """Return the histogram of the finite scores, or None where there are none.

    The outline gives the reference scores, scaled to as many rows as were scored.
    """
    scores = detection.scores[np.isfinite(detection.scores)]
    if not len(scores):
        return None
    normal = detection.detector.calibration_.reference_scores
    axis, edges = _bins(scores, normal, detection.threshold)
    heights = _counts(scores, edges)
    outline = _counts(normal, edges) * (len(scores) / len(normal))
    return Histogram(
        title=f"Anomaly scores of {count(len(scores), detection.item)}",
        description=_description(detection, scores, normal),
        x=axis,
        y=axis_of_counts([*heights, outline.max()]),
        bars=_bars(edges, heights, outline, detection),
        outline=tuple(outline.tolist()),
        mark=detection.threshold,
        mark_label=f"threshold {number(detection.threshold)}",
    )


def _bins(scores: Array, normal: Array, threshold: float) -> tuple[Axis, Array]:
    """Return the axis of the scores and the edges of the bins, one of them the threshold."""
    every = np.array([scores.min(), scores.max(), normal.min(), normal.max(), threshold])
    low, high = float(every.min()), float(every.max())
    room = 0.0 if low < high else 0.1 * abs(low) or 1.0
    bent = axis_across(low - room, high + room, normal)
    start, cut, end = bent.bend([bent.low, threshold, bent.high]).tolist()
    width = (end - start) / np.clip(2 * np.sqrt(len(scores)), 16, 48)
    # One bin at least ends at the threshold, for the scores that are equal to it.
    before, after = max(1, int(np.ceil((cut - start) / width))), int(np.ceil((end - cut) / width))
    edges = bent.unbend(cut + width * np.arange(-before, after + 1))
    # Rounding must neither move a score across the threshold nor leave the extreme ones out.
    edges[: before + 1] = np.minimum(edges[: before + 1], threshold)
    edges[before:] = np.maximum(edges[before:], threshold)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return Axis(float(edges[0]), float(edges[-1]), bent.width, bent.centre), edges


def _counts(values: Array, edges: Array) -> Array:
    """Return how many values are above each edge, up to the next: a row is flagged if above."""
    counts = np.histogram(-values, -edges[::-1])[0][::-1]
    return counts.astype(np.float64)


def _bars(edges: Array, heights: Array, outline: Array, detection: Detection) -> tuple[Bar, ...]:
    item = detection.item
    usually = "if all were normal" if held_out(detection) else f"among as many training {item}s"
    sides = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    return tuple(
        Bar(
            left,
            right,
            height,
            left >= detection.threshold,
            f"{number(left)} to {number(right)}: {count(int(height), item)}, "
            f"{number(usual, 2)} {usually}",
        )
        for (left, right), height, usual in zip(
            sides, heights.tolist(), outline.tolist(), strict=True
        )
    )


def _description(detection: Detection, scores: Array, normal: Array) -> str:
    ends = [number(value) for value in (*np.quantile(scores, [0, 0.5, 1]), np.median(normal))]
    return (
        f"Scores go from {ends[0]} to {ends[2]}, with a median of {ends[1]}; the median of "
        f"{reference(detection)} is {ends[3]}. {detection.flagged:,} are above the threshold."
    )
