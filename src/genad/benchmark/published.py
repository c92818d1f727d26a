"""Published figures, each with its source, to stand beside ours in the same protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

_SURVEY = "Di Mattia et al., 2019, arXiv 1906.11632"
_ZENATI = "Zenati et al., 2018, arXiv 1802.06222"
_KDGAN = "P-KDGAN, Zhang et al., 2020, arXiv 2007.06963"
_DTE = "Livernoche et al., 2023, arXiv 2305.18593, 57 tables"
_NAB = "scoreboard of github.com/numenta/NAB, December 2024"
_REPRINTED = "as re-printed in arXiv 2304.04211"


@dataclass(frozen=True)
class Published:
    """One figure that others report.

    Parameters
    ----------
    suite : of ours that has its protocol.
    metric : column of the results.
    detector : theirs.
    value : the figure, on the scale of the column.
    source : where it was read.
    ours : the label of our detector of the same name, if there is one.
    dataset : the one data set that it is of; by default it is a mean over all.
    """

    suite: str
    metric: str
    detector: str
    value: float
    source: str
    ours: str = ""
    dataset: str = ""


def _left_out(digit: int, value: float) -> Published:
    """Return EGBAD's average precision with a digit of MNIST left out."""
    return Published(
        "mnist-left-out",
        "average_precision",
        "EGBAD",
        value,
        f"{_ZENATI}, with the feature loss",
        "EGBAD",
        f"mnist-left-out/{digit}",
    )


def _images(suite: str, *rows: tuple[str, float, str, str]) -> list[Published]:
    return [Published(suite, "roc_auc", *row) for row in rows]


PUBLISHED: Sequence[Published] = (
    Published("kdd99", "top_f1", "EGBAD", 0.9486, _SURVEY, "EGBAD"),
    Published("kdd99", "top_f1", "GANomaly", 0.8356, _SURVEY, "GANomaly"),
    Published("adbench", "roc_auc", "kNN", 0.8086, _DTE, "kNN, k = 5"),
    Published("adbench", "average_precision", "kNN", 0.5621, _DTE, "kNN, k = 5"),
    Published("adbench", "roc_auc", "IsolationForest", 0.7575, _DTE, "IsolationForest"),
    Published("adbench", "average_precision", "IsolationForest", 0.4381, _DTE, "IsolationForest"),
    Published("adbench", "roc_auc", "VAE", 0.7471, _DTE, "VAE"),
    Published("adbench", "average_precision", "VAE", 0.4726, _DTE, "VAE"),
    Published("adbench", "roc_auc", "GANomaly", 0.7089, _DTE, "GANomaly"),
    Published("adbench", "average_precision", "GANomaly", 0.4187, _DTE, "GANomaly"),
    *_images(
        "mnist",
        ("AnoGAN", 0.937, _REPRINTED, "AnoGAN"),
        ("OCGAN", 0.975, _REPRINTED, ""),
        ("P-KDGAN", 0.9725, _KDGAN, ""),
        ("GeoTrans", 0.980, _REPRINTED, "TransformPrediction"),
        ("ARNet", 0.983, _REPRINTED, ""),
    ),
    *_images(
        "fashion",
        ("P-KDGAN", 0.9293, _KDGAN, ""),
        ("GeoTrans", 0.935, _REPRINTED, "TransformPrediction"),
        ("ARNet", 0.939, _REPRINTED, ""),
    ),
    *_images(
        "cifar10",
        ("AnoGAN", 0.612, _REPRINTED, "AnoGAN"),
        ("OCGAN", 0.656, _REPRINTED, ""),
        ("P-KDGAN", 0.7305, _KDGAN, ""),
        ("GeoTrans", 0.860, _REPRINTED, "TransformPrediction"),
        ("CSI", 0.943, "Tack et al., 2020, their repository's page", ""),
    ),
    *(_left_out(digit, value) for digit, value in
      ((1, 0.287), (4, 0.443), (5, 0.514), (7, 0.347), (9, 0.307))),
    Published("nab", "nab_standard", "ARTime", 74.9, _NAB),
    Published("nab", "nab_standard", "Numenta HTM", 70.1, _NAB),
    Published("nab", "nab_standard", "CAD OSE", 69.9, _NAB),
    Published("nab", "nab_standard", "windowedGaussian", 39.6, _NAB, "WindowedGaussian"),
    Published("nab", "nab_standard", "random", 11.0, _NAB, "random"),
)  # fmt: skip
"""Figures that were read at their source; what could only be had from memory is not here."""
