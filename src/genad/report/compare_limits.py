"""What a comparison does not show: sentences that follow from its figures."""

from collections.abc import Iterator

from genad.comparison import Comparison, Contender
from genad.report.formats import count, number

# A figure this close to another is not better than it, in units of it.
_CLOSE = 0.1
# Below this share of what real samples reach, precision or recall is a failing.
_POOR = 0.5
# Differences of ROC AUC below this are within what another seed would change.
_SEED = 0.02


def limits(found: Comparison) -> tuple[str, ...]:
    """Return what a reader must know before believing a comparison, a sentence each."""
    return (
        *_of_the_measure(found),
        *(sentence for each in found.contenders for sentence in _of_samples(each, found)),
        *_of_latents(found),
        *_of_detection(found),
        f"All of this is one run with one seed ({found.random_state}): small differences may turn "
        "round with another.",
    )


def _of_the_measure(found: Comparison) -> Iterator[str]:
    yield (
        f"Real samples that stand in for generated ones have a Fréchet distance of "
        f"{number(found.real.frechet, 3)}, which is the bias of {found.compared:,} samples: what "
        "is below, or differs by less, says nothing."
    )
    if found.accuracy is not None:
        yield (
            f"The judge was trained on this data alone and is right about {found.accuracy:.1%} of "
            "real samples: it looks at what tells the classes apart, hardly at style, and its "
            "distances cannot be compared with published FIDs."
        )


def _of_samples(each: Contender, found: Comparison) -> Iterator[str]:
    quality, real = each.quality, found.real
    if each.warning:
        yield f"{each.name}: {each.warning}"
    if quality.precision < _POOR * real.precision:
        yield (
            f"{each.name}: {1 - quality.precision:.0%} of its samples look like nothing real, as "
            f"{1 - real.precision:.0%} of real ones do."
        )
    if quality.recall < _POOR * real.recall:
        yield (
            f"{each.name}: {1 - quality.recall:.0%} of what is real is like nothing that it makes, "
            f"where {1 - real.recall:.0%} is unlike other real samples."
        )
    if quality.frechet > (1 - _CLOSE) * each.untrained.frechet:
        yield f"{each.name}: its samples are hardly closer to real ones than before training."
    if _improving(each):
        yield (
            f"{each.name}: its samples were still getting better when training ended after "
            f"{count(each.costs.epochs, 'epoch')}, so that a longer one may change the order."
        )


def _improving(each: Contender) -> bool:
    """Return whether samples are clearly closer than they were after three quarters."""
    values = [look.figures["frechet"] for look in each.looks]
    if len(values) < 4:
        return False
    return values[-1] < (1 - _CLOSE) * values[-1 - len(values) // 4]


def _of_latents(found: Comparison) -> Iterator[str]:
    without = [each.name for each in found.contenders if each.latent is None]
    if found.raw is not None and without:
        yield f"{_and(without)}: no encoder says where samples lie in the latent space."
    raw = found.raw
    for each in found.contenders:
        if raw is None or each.latent is None:
            continue
        if each.asked is not None:
            yield (
                f"{each.name}: it is told the class, so its latent space need not hold it; that "
                f"neighbours there share it in {each.latent.neighbour_accuracy:.1%} of cases is no "
                "failing."
            )
        elif each.latent.neighbour_accuracy <= raw.neighbour_accuracy:
            yield (
                f"{each.name}: neighbours in its latent space tell the class in "
                f"{each.latent.neighbour_accuracy:.1%} of cases, those in the raw data in "
                f"{raw.neighbour_accuracy:.1%}: nothing is gained for telling classes apart."
            )


def _of_detection(found: Comparison) -> Iterator[str]:
    nearest = found.nearest
    if nearest is None:
        return
    yield (
        f"Detection is one task ({nearest.anomalies:,} anomalies among {nearest.n:,}); another "
        "class as the normal one gives another order."
    )
    for each in found.contenders:
        ranking, untrained = each.ranking, each.untrained_ranking
        if ranking is None or untrained is None:
            continue
        if ranking.roc_auc < untrained.roc_auc + _SEED:
            yield (
                f"{each.name}: its ROC AUC of {ranking.roc_auc:.3f} owes nothing to training, as "
                f"the untrained network has {untrained.roc_auc:.3f}."
            )
        elif ranking.roc_auc < nearest.roc_auc:
            yield (
                f"{each.name}: as a detector ({ranking.roc_auc:.3f}) it does not reach the plain "
                f"distance to the nearest training sample ({nearest.roc_auc:.3f})."
            )


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
