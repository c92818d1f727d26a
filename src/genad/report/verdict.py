"""The verdict in plain words: how many rows are flagged, and how many would be by chance."""

import math

import numpy as np

from genad.detection import Detection
from genad.report.about import Fact, rule
from genad.report.formats import count, number, percent
from genad.thresholds import Conformal, Fixed, Threshold, choose_threshold


def verdict(detection: Detection) -> str:
    """Return the verdict in one line."""
    flagged = f"{detection.flagged:,}" if detection.flagged else "None"
    return (
        f"{flagged} of {count(len(detection.scores), detection.item)} flagged{_events(detection)}"
    )


def _events(detection: Detection) -> str:
    if not detection.series:
        return ""
    return f", {count(sum(len(each.events) for each in detection.series), 'event')}"


def key_facts(detection: Detection) -> tuple[Fact, ...]:
    """Return the few figures that the verdict rests on."""
    detector, n = detection.detector, len(detection.scores)
    features = count(detector.n_features_in_, feature(detection))
    return (
        Fact("flagged", percent(detection.flagged / max(1, n)), f"of {count(n, detection.item)}"),
        Fact("threshold", number(detection.threshold), f"flagged if above, {_rule(detection)}"),
        _false_alarms(detection),
        Fact("learnt from", count(detection.train_rows, detection.item), f"of {features}"),
    )


def feature(detection: Detection) -> str:
    """Return what the scored items consist of."""
    return {"row": "column", "time step": "channel", "image": "value"}[detection.item]


def notes(detection: Detection) -> tuple[str, ...]:
    """Return what a reader must know before trusting the verdict, ours before the run's own."""
    rules = (_beside_chance, _too_few, _other_threshold, _same_rows, _not_finite)
    return tuple(note for rule in rules if (note := rule(detection))) + tuple(detection.notes)


def reference(detection: Detection) -> str:
    """Return which rows the normal scores come from."""
    size = detection.detector.calibration_.reference_scores.size
    item = detection.item
    return count(size, f"held-out normal {item}" if held_out(detection) else f"training {item}")


def held_out(detection: Detection) -> int:
    """Return how many rows that the model has not learnt from set the threshold, or 0."""
    size = int(detection.detector.calibration_.reference_scores.size)
    novelty = detection.detector.contamination == "auto"
    return size if novelty and size < detection.train_rows else 0


def _chosen(detection: Detection) -> bool:
    """Return whether the run had a threshold of its own, not the detector's."""
    return detection.threshold != detection.detector.threshold_


def _promise(detection: Detection) -> float | None:
    """Return the guaranteed false-alarm rate, or None without a guarantee."""
    strategy, rows = _strategy(detection), held_out(detection)
    # Rows that chose when to stop training are no longer like new ones.
    stopped_by_them = getattr(detection.detector, "patience", None) is not None
    if not rows or stopped_by_them or _chosen(detection) or not isinstance(strategy, Conformal):
        return None
    return strategy.false_alarm_rate(rows)


def _rule(detection: Detection) -> str:
    detector = detection.detector
    if _chosen(detection):
        return "chosen for this run"
    if detector.contamination != "auto":
        return f"by contamination={detector.contamination}"
    strategy = _strategy(detection)
    return "as it was set" if isinstance(strategy, Fixed) else f"by {rule(strategy)}"


def _strategy(detection: Detection) -> Threshold:
    """Return the rule that set the detector's own threshold, where contamination did not."""
    return choose_threshold(detection.detector.threshold, "auto")


def _false_alarms(detection: Detection) -> Fact:
    name, item = "expected false alarms", detection.item
    detector, rows, rate = detection.detector, held_out(detection), _promise(detection)
    if rate is not None:
        return Fact(
            name,
            f"at most {percent(rate)}",
            f"of normal {item}s, by {rows:,} held-out ones",
        )
    if detector.contamination != "auto" and not _chosen(detection):
        share = percent(float(detector.contamination))
        return Fact(name, "unknown", f"{share} of the training {item}s are above the threshold")
    if not rows:
        return Fact(name, "unknown", f"no {item}s were held out to count them on")
    above = int((detector.calibration_.reference_scores > detection.threshold).sum())
    return Fact(name, f"about {percent(above / rows)}", f"{above:,} of {rows:,} held-out {item}s")


def _beside_chance(detection: Detection) -> str:
    rate, n = _promise(detection), len(detection.scores)
    if rate is None or detection.train == detection.scored:
        return ""
    alarms = math.ceil(round(rate * n, 9))  # rounded first: 0.01 * 700 is above 7
    expected = f"Were all {n:,} normal, at most {alarms:,} would be flagged on average"
    if detection.flagged > alarms:
        return f"{expected}; {detection.flagged:,} are."
    if not detection.flagged:
        return f"{expected}; none is."
    return f"{expected}: {detection.flagged:,} flagged is no sign of anomalies by itself."


def _too_few(detection: Detection) -> str:
    strategy, rate = _strategy(detection), _promise(detection)
    if rate is None or not isinstance(strategy, Conformal) or rate <= strategy.alpha:
        return ""
    rows = count(held_out(detection), f"held-out {detection.item}")
    return (
        f"{rows} cannot promise {percent(strategy.alpha)} false alarms, only {percent(rate)}: "
        f"to do better, learn from more {detection.item}s or raise validation_fraction."
    )


def _other_threshold(detection: Detection) -> str:
    if not _chosen(detection):
        return ""
    own = number(detection.detector.threshold_)
    return f"The threshold was chosen for this run; the saved model keeps its own, {own}."


def _same_rows(detection: Detection) -> str:
    if detection.train != detection.scored or detection.normal_only:
        return ""
    return (
        f"The {detection.item}s scored are those it learnt from: anomalies among them may have "
        "been learnt as normal and have raised the threshold. Learn from normal "
        f"{detection.item}s alone if you can; else give the share of anomalies as contamination."
    )


def _not_finite(detection: Detection) -> str:
    lost = int(np.count_nonzero(~np.isfinite(detection.scores)))
    return f"{count(lost, 'score')} not finite, left out of the histogram." if lost else ""
