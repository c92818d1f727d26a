"""A critical-difference diagram as SVG: mean ranks on a line, bars over what is alike."""

from collections.abc import Iterator
from html import escape

from genad.benchmark.ranks import Ranking

_WIDTH, _MARGIN, _STEP, _BAR = 900, 250, 20, 9
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}"
    "line,path{stroke:#222;fill:none}"
    ".alike{stroke:#b3452c;stroke-width:4;stroke-linecap:round}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}line,path{stroke:#ddd}}"
)


def diagram(ranking: Ranking, title: str) -> str:
    """Return the diagram of Demsar (2006), its bars by Wilcoxon's test with Holm's correction.

    Detectors under one bar do not differ at the ranking's level; the best stands on the left.

    Examples
    --------
    >>> from genad.benchmark.ranks import rank
    >>> ranking = rank(["kNN", "VAE"], [[0.9, 0.5], [0.8, 0.6], [0.9, 0.7]])
    >>> diagram(ranking, "ROC AUC").count("<text") >= 4
    True
    """
    k, groups = len(ranking.names), ranking.groups()
    half = (k + 1) // 2
    top = 58
    first = top + 16 + _BAR * len(groups)
    height = first + _STEP * max(half, k - half) + 8
    parts = [
        *_scale(k, top),
        *_bars(ranking, groups, top),
        *_names(ranking, half, top, first),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<text x="{_WIDTH / 2}" y="16" text-anchor="middle">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _at(rank: float, k: int) -> float:
    """Return the place of a mean rank on the line from 1 to k."""
    return _MARGIN + (rank - 1) / max(k - 1, 1) * (_WIDTH - 2 * _MARGIN)


def _scale(k: int, top: float) -> Iterator[str]:
    yield f'<line x1="{_at(1, k):.1f}" y1="{top}" x2="{_at(k, k):.1f}" y2="{top}"/>'
    every = max(1, k // 10)
    for tick in sorted({1, k, *range(every, k - every + 1, every)}):
        x = _at(tick, k)
        yield f'<line x1="{x:.1f}" y1="{top - 5}" x2="{x:.1f}" y2="{top}"/>'
        yield f'<text x="{x:.1f}" y="{top - 9}" text-anchor="middle">{tick}</text>'


def _bars(ranking: Ranking, groups: list[tuple[int, int]], top: float) -> Iterator[str]:
    for place, (first, last) in enumerate(groups):
        y = top + 12 + _BAR * place
        ends = [_at(float(ranking.ranks[k]), len(ranking.names)) for k in (first, last)]
        yield f'<line class="alike" x1="{ends[0]:.1f}" y1="{y}" x2="{ends[1]:.1f}" y2="{y}"/>'


def _names(ranking: Ranking, half: int, top: float, first: float) -> Iterator[str]:
    """Yield the better half on the left and the others on the right, outer ones lowest."""
    k = len(ranking.names)
    for place, (name, mean) in enumerate(zip(ranking.names, ranking.ranks, strict=True)):
        left = place < half
        y = first + _STEP * (place if left else k - 1 - place) + 6
        x, end = _at(float(mean), k), (_MARGIN - 14 if left else _WIDTH - _MARGIN + 14)
        shown = f"{mean:.2f}  {name}" if not left else f"{name}  {mean:.2f}"
        anchor, text = ("end", end - 5) if left else ("start", end + 5)
        yield f'<path d="M{x:.1f} {top}V{y}H{end}"/>'
        yield f'<text x="{text}" y="{y + 4}" text-anchor="{anchor}">{escape(shown)}</text>'
