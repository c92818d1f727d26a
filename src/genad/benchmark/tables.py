"""Figures for tables and plots, from the results alone: means, spreads, ranks, comparisons."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.benchmark.ranks import holm, rank, signed_rank
from genad.benchmark.results import told

HEADLINES = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "top_f1": "F1 of the top 20 %",
    "top_precision": "its precision",
    "top_recall": "its recall",
    "hit": "hits",
    "vus_pr": "VUS-PR",
    "vus_roc": "VUS-ROC",
    "nab_standard": "standard",
    "nab_reward_low_fp": "low FP",
    "nab_reward_low_fn": "low FN",
    "nab_own_standard": "own standard",
    "nab_own_reward_low_fp": "own low FP",
    "nab_own_reward_low_fn": "own low FN",
}
"""The metrics that a suite may rank detectors by, as tables call them."""

F1S = {"f1": "F1", "informed_f1": "informed F1", "oracle_f1": "oracle F1"}

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """One metric of all detectors on all data sets.

    A cell that failed or is missing counts as chance: 0.5 of ROC AUC, the prevalence of average
    precision and VUS-PR, 0 of anything else. Otherwise failing on what is hard would pay. Only a
    seed with which a detector was never run at all is left out of its means.

    Parameters
    ----------
    detectors, datasets : their names.
    values : of shape (datasets, detectors, seeds); NaN for seeds of which a detector has none.

    Examples
    --------
    >>> Grid(["a"], ["x", "y"], np.array([[[0.5, 0.7]], [[0.9, 0.9]]])).spread()
    (array([0.75]), array([0.07071068]))
    """

    detectors: list[str]
    datasets: list[str]
    values: Values

    def spread(self) -> tuple[Values, Values]:
        """Return mean and standard deviation over seeds of each detector's mean over data sets."""
        found = [seeds[~np.isnan(seeds)] for seeds in self.values.mean(0)]
        deviations = [seeds.std(ddof=1) if len(seeds) > 1 else np.nan for seeds in found]
        return np.array([seeds.mean() for seeds in found]), np.array(deviations)

    def per_dataset(self) -> Values:
        """Return the means over seeds, of shape (datasets, detectors)."""
        return np.asarray(np.nanmean(self.values, 2))

    def shared(self) -> "Grid":
        """Return the grid of the seeds that all detectors were run with; of all, if there is none.

        A seed has its own splits, so that means over other seeds are of other data.
        """
        common = ~np.isnan(self.values).any((0, 1))
        values = self.values[:, :, common] if common.any() else self.values
        return Grid(self.detectors, self.datasets, values)

    def only(self, detectors: Sequence[str]) -> "Grid":
        """Return the grid of some of the detectors."""
        places = [self.detectors.index(name) for name in detectors]
        return Grid(list(detectors), self.datasets, self.values[:, places])


@dataclass(frozen=True)
class Standing:
    """One detector in the table of a suite.

    Parameters
    ----------
    detector, kind : its label, and "baseline", "untrained", "detector" or "adopted".
    means, deviations : by metric; a deviation is NaN with one seed.
    ranks : the mean ranks by metric; empty with one data set, where they tell nothing more.
    f1s : of the three thresholds, by name; NaN where there are none.
    fit_seconds, rows_per_second, peak_mib : mean, median and maximum over its cells, or NaN.
    seeds : how many it was run with.
    failures : what failed and why.
    """

    detector: str
    kind: str
    means: dict[str, float]
    deviations: dict[str, float]
    ranks: dict[str, float]
    f1s: dict[str, float]
    fit_seconds: float
    rows_per_second: float
    peak_mib: float
    seeds: int
    failures: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Comparison:
    """One detector against a reference on the same data sets.

    Parameters
    ----------
    detector : its label.
    difference : mean of the metric minus the reference's.
    wins, losses : data sets on which it is better, worse.
    p_value : Wilcoxon's signed-rank test, with Holm's correction over the detectors.
    """

    detector: str
    difference: float
    wins: int
    losses: int
    p_value: float


def headlines(table: pa.Table) -> list[str]:
    """Return the metrics that the suite ranks detectors by, as far as the results have them."""
    names = told(table).get("headlines", ["roc_auc", "average_precision"])
    return [name for name in names if table[name].null_count < len(table)]


def shown_f1s(found: Sequence[Standing]) -> dict[str, str]:
    """Return those of `F1S` that any detector has."""
    return {
        name: title
        for name, title in F1S.items()
        if not all(math.isnan(standing.f1s[name]) for standing in found)
    }


def with_spread(standing: Standing, name: str) -> str:
    """Return a headline figure as text, with its standard deviation where there is one."""
    digits = 2 if name.startswith("nab") else 3  # NAB's scores go up to 100
    mean, deviation = standing.means[name], standing.deviations[name]
    text = f"{mean:.{digits}f}"
    return text if math.isnan(deviation) else f"{text} ± {deviation:.{digits}f}"


def grid(table: pa.Table, metric: str) -> Grid:
    """Return one metric of all detectors on all data sets.

    Parameters
    ----------
    table : results.
    metric : the name of a column.
    """
    records = table.to_pylist()
    detectors, datasets = (_distinct(records, name) for name in ("detector", "dataset"))
    seeds = sorted({record["seed"] for record in records})
    values = np.full((len(datasets), len(detectors), len(seeds)), np.nan)
    chance = np.full((len(datasets), len(seeds)), np.nan)
    took_part = np.zeros((len(detectors), len(seeds)), dtype=bool)
    for record in records:
        row, repeat = datasets.index(record["dataset"]), seeds.index(record["seed"])
        column = detectors.index(record["detector"])
        took_part[column, repeat] = True
        if record[metric] is not None:
            values[row, column, repeat] = record[metric]
        if record["prevalence"] is not None:
            chance[row, repeat] = record["prevalence"]
    floors = {"roc_auc": np.full_like(chance, 0.5), "average_precision": chance, "vus_pr": chance}
    floor = floors.get(metric, np.zeros_like(chance))
    floor = np.where(np.isnan(floor), 0.0, floor)
    filled = np.where(np.isnan(values), floor[:, None], values)
    return Grid(detectors, datasets, np.where(took_part, filled, np.nan))


def standings(table: pa.Table) -> list[Standing]:
    """Return all detectors, the best by the first headline metric first."""
    names = headlines(table)
    grids = {name: grid(table, name) for name in [*names, *F1S]}
    spreads = {name: found.spread() for name, found in grids.items()}
    records = table.to_pylist()
    several = len(_distinct(records, "dataset")) > 1
    ranks = {name: _mean_ranks(grids[name]) for name in names if several}
    found = []
    for place, detector in enumerate(_distinct(records, "detector")):
        cells = [record for record in records if record["detector"] == detector]
        found.append(
            Standing(
                detector=detector,
                kind=cells[0]["kind"],
                means={name: float(spreads[name][0][place]) for name in names},
                deviations={name: float(spreads[name][1][place]) for name in names},
                ranks={name: by_detector[detector] for name, by_detector in ranks.items()},
                f1s={name: _mean_of(cells, name, spreads[name][0][place]) for name in F1S},
                fit_seconds=_over(np.mean, cells, "fit_seconds"),
                rows_per_second=_over(np.median, cells, "rows_per_second"),
                peak_mib=_over(np.max, cells, "peak_mib"),
                seeds=len({cell["seed"] for cell in cells}),
                failures=tuple(_failures(cells, records)),
            )
        )
    return sorted(found, key=lambda standing: [-standing.means[name] for name in names])


def compare(found: Grid, reference: str) -> list[Comparison]:
    """Compare every other detector with one of them, over the seeds that both were run with.

    Parameters
    ----------
    found : a metric.
    reference : the label of a detector.

    Examples
    --------
    >>> values = np.array([[[0.9], [0.8]], [[0.7], [0.4]], [[0.6], [0.3]]])
    >>> compare(Grid(["a", "b"], ["x", "y", "z"], values), "b")[0].wins
    3
    """
    others = [name for name in found.detectors if name != reference]
    pairs = [found.only([name, reference]).shared().per_dataset().T for name in others]
    p_values = holm([signed_rank(*pair) for pair in pairs])
    return [
        Comparison(
            detector=name,
            difference=float((values - against).mean()),
            wins=int((values > against).sum()),
            losses=int((values < against).sum()),
            p_value=float(p),
        )
        for name, (values, against), p in zip(others, pairs, p_values, strict=True)
    ]


def _mean_ranks(found: Grid) -> dict[str, float]:
    ranking = rank(found.detectors, found.shared().per_dataset())
    return dict(zip(ranking.names, ranking.ranks.tolist(), strict=True))


def _distinct(records: list[dict[str, object]], name: str) -> list[str]:
    return list(dict.fromkeys(str(record[name]) for record in records))


def _mean_of(cells: list[dict[str, object]], name: str, mean: float) -> float:
    """Return the mean, or NaN where the detector never has the figure."""
    return float(mean) if any(cell[name] is not None for cell in cells) else float("nan")


def _over(statistic: object, cells: list[dict[str, object]], name: str) -> float:
    values = [cell[name] for cell in cells if cell[name] is not None]
    return float(statistic(values)) if values and callable(statistic) else float("nan")


def _failures(cells: list[dict[str, object]], records: list[dict[str, object]]) -> list[str]:
    """Return what failed and why, and what is missing beside the other detectors' cells."""
    reasons = {(cell["dataset"], cell["seed"]): cell["reason"] for cell in cells}
    done = {(cell["dataset"], cell["seed"]) for cell in cells if cell["status"] == "done"}
    seeds = {cell["seed"] for cell in cells}
    every = dict.fromkeys((record["dataset"], record["seed"]) for record in records)
    wanted = [(dataset, seed) for dataset, seed in every if seed in seeds]
    return [
        f"{dataset}, seed {seed}: {reasons.get((dataset, seed), 'no scores were given')}"
        for dataset, seed in wanted
        if (dataset, seed) not in done
    ]
