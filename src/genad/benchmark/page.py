"""Results as Markdown: the protocol, the table, comparisons, every data set, what failed."""

import math
from collections.abc import Iterable, Sequence

import pyarrow as pa

from genad.benchmark.ranks import Ranking, rank
from genad.benchmark.results import told
from genad.benchmark.tables import (
    HEADLINES,
    Comparison,
    Standing,
    compare,
    grid,
    headlines,
    shown_f1s,
    with_spread,
)
from genad.benchmark.tables import standings as all_standings

REFERENCES = ("kNN, k = 5", "kNN, k = 1", "kNN, k = 1, rank-normal")
_SHOWN = 8  # detectors in the table of data sets


def suite_page(table: pa.Table, *, images: Sequence[str] = ()) -> str:
    """Return the section of one suite.

    Parameters
    ----------
    table : results.
    images : addresses of the diagrams of the headline metrics, as the page should name them.
    """
    suite, found = told(table), all_standings(table)
    parts = [
        f"## {suite['title']}",
        "\n".join(f"- {sentence}" for sentence in [*suite["sentences"], *_run(table)]),
        standings_table(found),
        _reading(found),
        *(f"![Mean ranks]({image})" for image in images),
        *_comparisons(table, found),
        *_datasets(table, found),
        *_failures(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def standings_table(found: Sequence[Standing]) -> str:
    """Return all detectors with all figures, the best first."""
    f1s, head = shown_f1s(found), ["detector"]
    for name in found[0].means:
        head += [HEADLINES[name], *(["rank"] if name in found[0].ranks else [])]
    head += [*f1s.values(), "fit, s", "rows/s", "MiB", "seeds", "failed"]
    rows = []
    for standing in found:
        row = [_named(standing)]
        for name in standing.means:
            row.append(with_spread(standing, name))
            row += [f"{standing.ranks[name]:.1f}"] if name in standing.ranks else []
        row += [_number(standing.f1s[name], 3) for name in f1s]
        row += [
            _number(standing.fit_seconds, 2),
            _thousands(standing.rows_per_second),
            _thousands(standing.peak_mib),
            str(standing.seeds),
            str(len(standing.failures) or ""),
        ]
        rows.append(row)
    return markdown(head, rows)


def ranking(table: pa.Table, metric: str) -> Ranking:
    """Return the ranks and tests of a metric over all but the untrained networks."""
    found = grid(table, metric)
    kinds = dict(zip(table["detector"].to_pylist(), table["kind"].to_pylist(), strict=True))
    chosen = found.only([name for name in found.detectors if kinds[name] != "untrained"])
    return rank(chosen.detectors, chosen.shared().per_dataset())


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column is text and whose others are numbers.

    Examples
    --------
    >>> print(markdown(["detector", "ROC AUC"], [["VAE", "0.9"]]))
    | detector | ROC AUC |
    |---|---:|
    | VAE | 0.9 |
    """
    rule = ["---", *["---:"] * (len(head) - 1)]
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(rule)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _reading(found: Sequence[Standing]) -> str:
    sentences = [
        "*Baselines* are in italics; an untrained network is the same detector with `epochs=0`.",
        "Fit is the mean over the cells, rows/s the median of scoring, MiB the largest peak above "
        "the data; times are of one thread on a shared machine.",
    ]
    if found[0].ranks:
        first = (
            "Means over the data sets and the detector's own seeds; rank is the mean rank on the "
            "data sets with the seeds that all have, 1 is best."
        )
        sentences.insert(0, first)
    if shown_f1s(found):
        sentences.insert(
            -1,
            "F1 is that of the threshold the detector set itself, without labels; informed F1 "
            "flags as many rows as there are anomalies and oracle F1 takes the best threshold, "
            "both known from the labels alone.",
        )
    if any(standing.failures for standing in found):
        sentences.append("A failed cell counts as chance: see the end of this section.")
    return " ".join(sentences)


def _run(table: pa.Table) -> list[str]:
    """Return how often it was run, and with what."""
    seeds = sorted(set(table["seed"].to_pylist()))
    spread = f"{len(seeds)} at most, see the table; ± is the mean's standard deviation over them."
    one = f"one ({seeds[0]}), so there is no spread to show." if seeds else "none."
    return [f"Seeds: {spread if len(seeds) > 1 else one}", f"Made by {told(table)['made_by']}."]


def _comparisons(table: pa.Table, found: Sequence[Standing]) -> list[str]:
    names, parts = headlines(table), []
    chosen = [standing.detector for standing in found if standing.kind != "untrained"]
    datasets = len(grid(table, names[0]).datasets) if names else 0
    if datasets < 5:  # where no test can tell anything
        return []
    for reference in REFERENCES:
        if reference not in chosen:
            continue
        against = {
            name: {c.detector: c for c in compare(grid(table, name).only(chosen), reference)}
            for name in names
        }
        head = [
            "detector",
            *(f"{HEADLINES[n]}{cell}" for n in names for cell in ("", " +/−", " p")),
        ]
        others = [name for name in chosen if name != reference]
        rows = [[name, *(c for n in names for c in _compared(against[n][name]))] for name in others]
        parts += [f"### Against {reference}", markdown(head, rows)]
    if parts:
        parts.append(
            "Difference of the means over the seeds that both have, data sets won and lost, and "
            "the p-value of Wilcoxon's signed-rank test over the data sets with Holm's correction."
        )
    return parts


def _compared(comparison: Comparison) -> list[str]:
    p = comparison.p_value
    return [
        f"{comparison.difference:+.3f}",
        f"{comparison.wins}/{comparison.losses}",
        "< 0.001" if p < 0.001 else f"{p:.3f}",
    ]


def _datasets(table: pa.Table, found: Sequence[Standing]) -> list[str]:
    """Return a table of every data set for the best detectors and the references."""
    names, parts = headlines(table)[:2], []
    if len(set(table["dataset"].to_pylist())) == 1:
        return []
    best = [standing.detector for standing in found if standing.kind != "untrained"][:_SHOWN]
    chosen = [*best, *(name for name in REFERENCES if name not in best)]
    chosen = [name for name in chosen if name in grid(table, names[0]).detectors]
    for name in names:
        shown = grid(table, name).only(chosen).shared()
        rows = [
            [dataset, *(f"{value:.3f}" for value in values)]
            for dataset, values in zip(shown.datasets, shown.per_dataset(), strict=True)
        ]
        parts += [f"### {HEADLINES[name]} by data set", markdown(["data set", *chosen], rows)]
    return parts


def _failures(found: Sequence[Standing]) -> list[str]:
    lines = [f"- {s.detector} on {failure}" for s in found for failure in s.failures]
    return ["### Failed", "\n".join(lines)] if lines else []


def _named(standing: Standing) -> str:
    name = standing.detector
    return {"baseline": f"*{name}*", "detector": f"**{name}**"}.get(standing.kind, name)


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _thousands(value: float) -> str:
    if math.isnan(value):
        return ""
    digits = max(0, len(f"{value:.0f}") - 3)
    return f"{round(value, -digits):,.0f}"
