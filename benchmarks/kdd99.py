"""KDD Cup 99 in the published protocol, our detectors beside their untrained selves and baselines.

    GENAD_DATA_HOME=... python benchmarks/kdd99.py > kdd99.md     # about 10 minutes on two cores

Protocol (Zenati et al., 2018): of the 10 % set half is drawn at random, and only its attacks train;
"normal." is the anomaly; the other half is scored and the top 20 % of the scores are flagged. That
share is known from the labels, so precision, recall and F1 measure the ranking, not a threshold.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

from genad import ALAD, EGBAD, VAE, AutoEncoder, GANomaly, ZScore, load_dataset
from genad.data.table import Table
from genad.detector import Detector

SEEDS = (0, 1, 2)
Scores = NDArray[np.float64]

# One setting for all: rank-normal columns, for traffic counts have heavy tails; the papers' latent
# and layer sizes; everything else by default.
COMMON = {"scaler": "quantile", "latent": 32, "hidden": (128, 64), "device": "cpu"}
DETECTORS: dict[str, tuple[type[Detector], dict[str, object]]] = {
    "EGBAD": (EGBAD, {}),
    "EGBAD, the paper's loss": (EGBAD, {"cycle_consistency": 0.0}),
    "GANomaly": (GANomaly, {}),
    "ALAD": (ALAD, {}),
    "VAE": (VAE, {}),
    "AutoEncoder": (AutoEncoder, {}),
}
PUBLISHED = {"EGBAD": 0.9486, "GANomaly": 0.8356}  # Di Mattia et al., 2019


def figures(scores: Scores, labels: NDArray[np.bool_]) -> list[float]:
    """Return precision, recall and F1 of the top 20 %, ROC AUC and average precision."""
    flags = scores >= np.percentile(scores, 80)
    hits = (flags & labels).sum()
    precision, recall = hits / flags.sum(), hits / labels.sum()
    f1 = 2 * hits / (flags.sum() + labels.sum())
    ranking = roc_auc_score(labels, scores), average_precision_score(labels, scores)
    return [precision, recall, f1, *ranking]


def row(name: str, scored: Callable[[int], Scores], labels: NDArray[np.bool_]) -> None:
    """Print the mean and the standard deviation over the seeds."""
    start = time.perf_counter()
    results = np.array([figures(scored(seed), labels) for seed in SEEDS])
    cells = [f"{m:.4f} ± {s:.4f}" for m, s in zip(results.mean(0), results.std(0), strict=True)]
    published = f"{PUBLISHED[name]:.4f}" if name in PUBLISHED else ""
    print(f"| {name} | {' | '.join(cells)} | {published} |", flush=True)
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    """Print the table."""
    data = load_dataset("kddcup99", random_state=0)
    labels = data.test_labels
    print("| detector | precision | recall | F1 | ROC AUC | average precision | F1 published |")
    print("|---|---|---|---|---|---|---|")
    for name, (cls, options) in DETECTORS.items():

        def scored(seed: int, **more: object) -> Scores:
            detector = cls(random_state=seed, **{**COMMON, **options, **more})  # noqa: B023
            return detector.fit(data.train).anomaly_score(data.test)

        row(name, scored, labels)
        row(f"{name}, untrained", lambda seed: scored(seed, epochs=0), labels)
    z_score = ZScore().fit(data.train)
    row("ZScore", lambda seed: z_score.anomaly_score(data.test), labels)
    train, test = (z_score.view_.encoder.transform(Table(t)) for t in (data.train, data.test))

    def forest(seed: int) -> Scores:
        return -IsolationForest(random_state=seed).fit(train).score_samples(test)

    row("IsolationForest", forest, labels)
    row("random", lambda seed: np.random.default_rng(seed).random(len(labels)), labels)


if __name__ == "__main__":
    main()
