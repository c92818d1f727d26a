"""The tables of a comparison: quality of samples, latent spaces, detection, costs."""

from genad.comparison import Comparison, LatentSpace, Quality
from genad.metrics import RankingReport
from genad.report.formats import duration, number
from genad.report.grids import Column, Entry, Grid, grid


def _two(value: float) -> str:
    return f"{value:.2f}"


def _three(value: float) -> str:
    return f"{value:.3f}"


def _many(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else number(value, 2)


_QUALITY = (
    Column("Fréchet distance", "lower", lambda value: number(value, 3)),
    Column("kernel distance", "lower", lambda value: number(value, 3)),
    Column("precision", "higher", _two),
    Column("recall", "higher", _two),
    Column("spread", "", _two),
    Column("classes", "higher", _many),
    Column("effective", "higher", lambda value: f"{value:.1f}"),
    Column("as asked", "higher", _two),
)
_SPACE = (
    Column("silhouette", "higher", _three),
    Column("neighbours right", "higher", _three),
)
_DETECTION = (
    Column("ROC AUC", "higher", _three),
    Column("average precision", "higher", _three),
)
_COSTS = (
    Column("parameters", "", _many),
    Column("epochs", "", _many),
    Column("training", "lower", duration),
    Column("samples/s", "higher", _many),
    Column("scored/s", "higher", _many),
)


def quality_table(found: Comparison) -> Grid:
    """Return the quality of samples, with real ones and those of untrained networks beside it."""
    told = any(each.asked is not None for each in found.contenders)
    bound = _quality(found.real, found.accuracy if told else None)
    entries = [Entry("real samples", bound, "others, as a bound", True)]
    for each in found.contenders:
        right = None if each.asked is None else each.asked.accuracy
        entries.append(Entry(each.name, _quality(each.quality, right)))
    for each in found.contenders:
        entries.append(Entry(each.name, _quality(each.untrained, None), "untrained", True))
    return grid(_QUALITY, entries)


def space_table(found: Comparison) -> Grid | None:
    """Return how far apart classes lie in latent spaces, and in the raw data beside them."""
    if found.raw is None or found.subject.places is None:
        return None
    classes = found.subject.places.classes.tolist()
    guess = max(map(classes.count, set(classes))) / len(classes)
    entries = [
        Entry("the data itself", _space(found.raw), "no model", True),
        Entry("a guess", (0.0, guess), "the largest class", True),
    ]
    known = [each for each in found.contenders if each.latent is not None]
    entries += [Entry(each.name, _space(each.latent)) for each in known]
    entries += [
        Entry(each.name, _space(each.untrained_latent), "untrained", True) for each in known
    ]
    return grid(_SPACE, entries)


def detection_table(found: Comparison) -> Grid | None:
    """Return how well models find anomalies, with chance and simple scores beside it."""
    if found.nearest is None:
        return None
    chance = (0.5, found.nearest.prevalence)
    entries = [
        Entry("a random score", chance, "", True),
        Entry("nearest training sample", _ranking(found.nearest), "no model", True),
    ]
    entries += [Entry(each.name, _ranking(each.ranking)) for each in found.contenders]
    entries += [
        Entry(each.name, _ranking(each.untrained_ranking), "untrained", True)
        for each in found.contenders
    ]
    return grid(_DETECTION, entries)


def cost_table(found: Comparison) -> Grid:
    """Return size, time and speed of the models."""
    entries = [
        Entry(
            each.name,
            (
                each.costs.parameters,
                each.costs.epochs,
                each.costs.fit_seconds,
                each.costs.samples_per_second,
                each.costs.scored_per_second,
            ),
        )
        for each in found.contenders
    ]
    return grid(_COSTS, entries)


def _quality(quality: Quality, right: float | None) -> tuple[float | None, ...]:
    coverage = quality.coverage
    return (
        quality.frechet,
        quality.kernel,
        quality.precision,
        quality.recall,
        quality.spread,
        None if coverage is None else coverage.covered,
        None if coverage is None else coverage.effective,
        right,
    )


def _space(space: LatentSpace | None) -> tuple[float | None, ...]:
    return (None, None) if space is None else (space.silhouette, space.neighbour_accuracy)


def _ranking(ranking: RankingReport | None) -> tuple[float | None, ...]:
    return (None, None) if ranking is None else (ranking.roc_auc, ranking.average_precision)
