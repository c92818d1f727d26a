"""What the page of a comparison shows: every text and figure decided, nothing drawn yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genad.comparison import Comparison, Contender
from genad.report.about import Fact, Training, paper, training, versions
from genad.report.compare_limits import limits
from genad.report.compare_samples import Shown, losses, shown_samples
from genad.report.compare_tables import cost_table, detection_table, quality_table, space_table
from genad.report.explore import Head
from genad.report.formats import count, duration, number, percent
from genad.report.grids import Grid
from genad.report.lines import Line, Lines, lines_chart
from genad.report.projections import Projection, pca, tsne
from genad.report.scatter import COLOURS, Key, Scatter, colours, scatter_chart

_DRAWN = 800  # t-SNE takes seconds for so many points
_LOOKED = {
    "frechet": ("Fréchet distance", "of samples, by the judge's features; lower is better"),
    "effective": ("effective classes", "exponential of the entropy of the classes of samples"),
    "covered": ("classes", "that samples have at least a fifth of the real share of"),
    "spread": ("spread", "mean distance between samples, that between real ones being 1"),
}


@dataclass(frozen=True, eq=False)
class Looked:
    """One figure of all models over training."""

    name: str
    meaning: str
    chart: Lines


@dataclass(frozen=True, eq=False)
class Trained:
    """How the training of one model went."""

    name: str
    losses: str
    warning: str
    training: Training


@dataclass(frozen=True, eq=False)
class Space:
    """One latent space in the plane."""

    name: str
    note: str
    maps: tuple[Scatter, ...]


@dataclass(frozen=True, eq=False)
class CompareContent:
    """All that the page of a comparison shows, in the order of the page."""

    head: Head
    samples: tuple[Shown, ...]
    judge: str
    quality: Grid
    asked: bool
    keys: tuple[Key, ...]
    looked: tuple[Looked, ...]
    trained: tuple[Trained, ...]
    classes: tuple[Key, ...]
    spaces: tuple[Space, ...]
    separability: Grid | None
    trial: str
    detection: Grid | None
    costs: Grid
    limits: tuple[str, ...]
    models: tuple[Fact, ...]
    made_by: Fact
    again: str


def compare_content(
    found: Comparison, command: str, *, watch: Callable[[str], None] = lambda name: None
) -> CompareContent:
    """Return what to show of a comparison.

    Parameters
    ----------
    found : the comparison.
    command : how to run it again.
    watch : told the name of each model whose latent space is being drawn.
    """
    places = found.subject.places
    groups, classes = colours(places.classes, places.names) if places else (None, ())
    spaces = []
    for each in found.contenders:
        if each.latent is not None:
            watch(each.name)
            spaces.append(_space(each, groups, classes, found.random_state))
    return CompareContent(
        head=_head(found),
        samples=shown_samples(found),
        judge=found.judge,
        quality=quality_table(found),
        asked=any(each.asked for each in found.contenders),
        keys=tuple(Key(each.name, _colour(i)) for i, each in enumerate(found.contenders)),
        looked=tuple(_looked(found)),
        trained=tuple(
            Trained(each.name, losses(each.detector), each.warning, training(each.detector))
            for each in found.contenders
        ),
        classes=classes,
        spaces=tuple(spaces),
        separability=space_table(found),
        trial=found.subject.trial.told if found.subject.trial else "",
        detection=detection_table(found),
        costs=cost_table(found),
        limits=limits(found),
        models=tuple(
            Fact(each.name, type(each.detector).__name__, paper(each.detector))
            for each in found.contenders
        ),
        made_by=versions(),
        again=command,
    )


def _head(found: Comparison) -> Head:
    names = [each.name for each in found.contenders]
    closest = min(found.contenders, key=lambda each: each.quality.frechet)
    headline = (
        f"{closest.name} makes the samples closest to {found.subject.name}"
        if len(names) > 1
        else f"{closest.name} on {found.subject.name}"
    )
    warned = tuple(f"{each.name}: {each.warning}" for each in found.contenders if each.warning)
    return Head(
        title=f"{' and '.join(names)} on {found.subject.name}",
        headline=headline,
        lede=f"{count(len(names), 'generative model')} side by side on the same data: samples, "
        "training, latent space, detection.",
        key_facts=_key_facts(found, closest),
        notes=(*found.subject.notes, *warned),
    )


def _key_facts(found: Comparison, closest: Contender) -> tuple[Fact, ...]:
    facts = [
        Fact(
            "closest samples",
            closest.name,
            f"Fréchet distance {number(closest.quality.frechet, 3)}; real samples have "
            f"{number(found.real.frechet, 3)}",
        )
    ]
    if asked := [(each.asked.accuracy, each.name) for each in found.contenders if each.asked]:
        right, name = max(asked)
        facts.append(Fact("truest to a class", name, f"{percent(right)} as asked for"))
    if spaces := [(e.latent.neighbour_accuracy, e.name) for e in found.contenders if e.latent]:
        accuracy, name = max(spaces)
        facts.append(
            Fact("classes furthest apart", name, f"neighbours right in {percent(accuracy)}")
        )
    if found.nearest and (
        aucs := [(e.ranking.roc_auc, e.name) for e in found.contenders if e.ranking]
    ):
        auc, name = max(aucs)
        plain = found.nearest.roc_auc
        facts.append(Fact("best detector", name, f"ROC AUC {auc:.3f}; nearest sample {plain:.3f}"))
    fastest = min(found.contenders, key=lambda each: each.costs.fit_seconds)
    facts.append(Fact("fastest training", fastest.name, duration(fastest.costs.fit_seconds)))
    return tuple(facts)


def _looked(found: Comparison) -> list[Looked]:
    """Return the figures that were looked at during training, each as one chart."""
    charts = []
    for name, (title, meaning) in _LOOKED.items():
        drawn = []
        for i, each in enumerate(found.contenders):
            points = [(look.epochs, look.figures.get(name)) for look in each.looks]
            known = [(x, y) for x, y in points if y is not None and np.isfinite(y)]
            if known:
                x, y = np.array(known, dtype=np.float64).T
                # Models run for different numbers of epochs: shares of the training compare.
                drawn.append(Line(each.name, 100 * x / max(1.0, x[-1]), y, _colour(i)))
        if drawn:
            charts.append(Looked(title, meaning, lines_chart(title, meaning, tuple(drawn), 170)))
    return charts


def _space(each: Contender, groups: object, keys: Sequence[Key], seed: int) -> Space:
    if each.latent is None:
        raise ValueError(each.name)
    points = each.latent.points
    found = [project(points, random_state=seed, most=_DRAWN) for project in (pca, tsne)]
    shares = " and ".join(percent(share) for share in found[0].shares)
    note = f"{points.shape[1]} dimensions; the two of PCA have {shares} of the variance."
    return Space(each.name, note, tuple(_map(each.name, one, groups, keys) for one in found))


def _map(name: str, projection: Projection, groups: object, keys: Sequence[Key]) -> Scatter:
    title = f"{projection.name} of the latent space of {name}"
    chosen = np.asarray(groups)[projection.rows]
    return scatter_chart(
        title,
        f"{count(len(projection.rows), 'real sample')}, coloured by class.",
        projection.points,
        chosen,
        keys,
        ticks=bool(projection.shares),
        height=300,
    )


def _colour(i: int) -> int:
    return i % COLOURS
