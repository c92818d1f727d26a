"""A threshold strategy turns reference scores into one number; a score above is an anomaly."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import boxcox, softmax

from genad.errors import DataError, ParameterError

__all__ = [
    "MAD",
    "Conformal",
    "Fixed",
    "PeaksOverThreshold",
    "Quantile",
    "Threshold",
    "ZScoreThreshold",
    "choose_threshold",
    "parse_threshold",
    "threshold_from_config",
]

# Every parameter is finite and in (low, high].
_RANGES = {"q": (0, 1), "k": (0, np.inf), "risk": (0, 1), "level": (0, 1), "alpha": (0, 1)}
_FEWEST_PEAKS = 10  # with fewer, an estimated shape is mostly noise


@dataclass(frozen=True)
class Threshold(ABC):
    """Base of the strategies: frozen plain values, equal and cloned as such.

    Examples
    --------
    >>> Quantile(0.75).threshold([0.0, 1.0, 2.0, 3.0, 4.0])
    3.0
    """

    def __post_init__(self) -> None:
        for name, value in self.__dict__.items():
            low, high = _RANGES.get(name, (-np.inf, np.inf))
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number and np.isfinite(value) and low < value <= high):
                who, allowed = type(self).__name__, f"a finite number in ({low}, {high}]"
                raise ParameterError(f"{name} of {who} must be {allowed}, got {value!r}.")

    @final
    def threshold(self, scores: ArrayLike) -> float:
        """Return the threshold for `scores` of shape (n,), best of held-out normal data.

        Examples
        --------
        >>> Fixed(0.7).threshold([0.1, 0.2])
        0.7
        """
        values = _as_scores(scores)
        with np.errstate(over="ignore", invalid="ignore"):
            threshold = float(self._threshold(values))
        if np.isfinite(threshold):
            return threshold
        raise DataError(f"{self} is not finite for scores up to {values.max():g}: rescale them.")

    @final
    def to_config(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold and :func:`threshold_from_config` reads.

        Examples
        --------
        >>> MAD(k=3).to_config()
        {'name': 'mad', 'k': 3.0}
        """
        name = next(name for name, strategy in _STRATEGIES.items() if type(self) is strategy)
        return {"name": name} | {key: float(value) for key, value in self.__dict__.items()}

    @abstractmethod
    def _threshold(self, scores: NDArray[np.float64]) -> float: ...


@final
@dataclass(frozen=True)
class Quantile(Threshold):
    """The `q`-quantile, with q in (0, 1]: a share 1 - q of data like the reference is above.

    Examples
    --------
    >>> Quantile(0.9).threshold(range(11))
    9.0
    """

    q: float = 0.99

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        return float(np.quantile(scores, self.q))


@final
@dataclass(frozen=True)
class MAD(Threshold):
    """Median + `k` > 0 robust standard deviations: for a reference that may hold anomalies.

    The deviation is 1.4826 times the median absolute deviation or, where half of the scores are
    equal and that is 0, 1.2533 times the mean absolute deviation from the median (Iglewicz and
    Hoaglin, 1993); both factors give the standard deviation of normally distributed scores.

    Examples
    --------
    >>> round(MAD(k=3.5).threshold([0.0, 1.0, 2.0, 3.0, 100.0]), 4)
    7.1891
    """

    k: float = 3.5

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        median = np.median(scores)
        deviations = np.abs(scores - median)
        # 1 / Phi^-1(3/4), and sqrt(pi / 2)
        spread = 1.4826022 * np.median(deviations) or 1.2533141 * deviations.mean()
        return float(median + self.k * spread)


@final
@dataclass(frozen=True)
class ZScoreThreshold(Threshold):
    """Mean + `k` > 0 standard deviations: for a clean reference of roughly normal scores.

    Examples
    --------
    >>> ZScoreThreshold(k=3.0).threshold([-1.0, 1.0])
    3.0
    """

    k: float = 3.0

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        return float(scores.mean() + self.k * scores.std())


@final
@dataclass(frozen=True)
class PeaksOverThreshold(Threshold):
    r"""The score that normal data exceeds with probability `risk`, even below 1 / n.

    .. math:: z = t + \frac{\sigma}{\gamma} \left((q n / N_t)^{-\gamma} - 1\right)

    (Siffer et al., 2017, equation 1), with q = `risk` < 1 - `level`, t the `level`-quantile of the
    n scores, gamma and sigma the generalised Pareto distribution of the N_t excesses over t. Fewer
    than 10 excesses get gamma = 0; where no more than a share q is above t, z is t.

    Examples
    --------
    >>> scores = np.random.default_rng(0).exponential(size=100_000)
    >>> bool(abs(PeaksOverThreshold(risk=1e-4).threshold(scores) - np.log(1e4)) < 0.3)
    True
    """

    risk: float = 1e-3
    level: float = 0.98

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.risk >= 1 - self.level:
            raise ParameterError(f"risk must be below 1 - level, got {self}: lower one of them.")

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        start = float(np.quantile(scores, self.level))
        excesses = scores[scores > start] - start
        if excesses.size <= self.risk * scores.size:
            return start
        shape, scale = fit_pareto(excesses)
        # boxcox(1 / r, shape) is (r ** -shape - 1) / shape, and its limit -log(r) for shape 0.
        return start + scale * float(boxcox(excesses.size / (self.risk * scores.size), shape))


@final
@dataclass(frozen=True)
class Conformal(Threshold):
    """The ceil((m + 1)(1 - `alpha`))-th smallest of m scores (split conformal prediction).

    A new score exchangeable with them is above with probability at most alpha. With m < 1 / alpha
    - 1 no finite threshold promises that: the largest score is taken, and the probability is at
    most 1 / (m + 1). :meth:`false_alarm_rate` states the promise that holds.

    Examples
    --------
    >>> Conformal(alpha=0.1).threshold(range(1, 20))
    18.0
    """

    alpha: float = 0.01

    def false_alarm_rate(self, m: int) -> float:
        """Return the guaranteed false-alarm rate with `m` reference scores, above alpha for few.

        Examples
        --------
        >>> Conformal(alpha=0.01).false_alarm_rate(199), Conformal(alpha=0.01).false_alarm_rate(9)
        (0.01, 0.1)
        """
        if m < 1:
            raise ParameterError(f"m must be at least 1 reference score, got {m}.")
        return self._rank(m) / (m + 1)

    def _rank(self, m: int) -> int:
        """Return which score from the top is the threshold, 1 for the largest."""
        # Exact in the decimals as written: in floats, 100 * 0.29 is below 29.
        return min(max(1, int(Fraction(repr(float(self.alpha))) * (m + 1))), m)

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        position = scores.size - self._rank(scores.size)
        return float(np.partition(scores, position)[position])


@final
@dataclass(frozen=True)
class Fixed(Threshold):
    """A finite `value` chosen beforehand, whatever the scores.

    Examples
    --------
    >>> Fixed(0.7)
    Fixed(value=0.7)
    """

    value: float

    def _threshold(self, scores: NDArray[np.float64]) -> float:
        return float(self.value)


_STRATEGIES: dict[str, type[Threshold]] = {
    "quantile": Quantile,
    "mad": MAD,
    "zscore": ZScoreThreshold,
    "pot": PeaksOverThreshold,
    "conformal": Conformal,
    "fixed": Fixed,
}


def choose_threshold(given: str | Threshold | None, contamination: str | float) -> Threshold:
    """Return the strategy that a detector's parameters `threshold` and `contamination` ask for.

    Examples
    --------
    >>> choose_threshold(None, "auto"), choose_threshold("mad", "auto")
    (Conformal(alpha=0.01), MAD(k=3.5))
    """
    if given is None:
        return Conformal(0.01)
    if contamination != "auto":
        both = f"threshold={given!r} and contamination={contamination!r}"
        raise ParameterError(f"{both} both decide what is flagged; give one of them.")
    return parse_threshold(given) if isinstance(given, str) else given


def parse_threshold(text: str) -> Threshold:
    """Read a strategy: its name and, after a colon, its parameters in order.

    Examples
    --------
    >>> parse_threshold("mad"), parse_threshold("pot:1e-4,0.95")
    (MAD(k=3.5), PeaksOverThreshold(risk=0.0001, level=0.95))
    """
    name, colon, rest = text.strip().partition(":")
    try:
        return _STRATEGIES[name](*(float(value) for value in rest.split(",") if colon))
    except ParameterError:  # a ValueError too, but it already says which parameter is wrong
        raise
    except (KeyError, TypeError, ValueError) as error:
        allowed = f"one of {', '.join(_STRATEGIES)}, and parameters as in 'quantile:0.99'"
        raise ParameterError(f"The threshold {text!r} is unknown: give {allowed}.") from error


def threshold_from_config(config: Mapping[str, Any]) -> Threshold:
    """Return the strategy that :meth:`Threshold.to_config` described.

    Examples
    --------
    >>> threshold_from_config({"name": "quantile", "q": 0.95})
    Quantile(q=0.95)
    """
    parameters = dict(config)
    try:
        return _STRATEGIES[parameters.pop("name")](**parameters)
    except (KeyError, TypeError) as error:
        allowed = f"'name', one of {', '.join(_STRATEGIES)}, and the parameters of that strategy"
        raise ParameterError(f"{config!r} describes no threshold: give {allowed}.") from error


def _as_scores(scores: ArrayLike) -> NDArray[np.float64]:
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"Scores must be numbers, got {type(scores).__name__}: {error}.") from error
    if values.ndim != 1 or values.size == 0:
        raise DataError(f"Scores must have shape (n,) with n >= 1, got shape {values.shape}.")
    bad = values.size - np.count_nonzero(np.isfinite(values))
    if bad:
        raise DataError(f"Scores must be finite, got {bad} NaN or infinite: leave those rows out.")
    return values


def fit_pareto(excesses: NDArray[np.float64]) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto distribution of positive `excesses`.

    The likelihood-weighted mean of Zhang and Stephens (2009), where maximum likelihood would need
    an optimiser, can fail, and is more biased for small samples.

    Examples
    --------
    >>> shape, scale = fit_pareto(np.random.default_rng(0).exponential(2.0, size=5000))
    >>> bool(abs(shape) < 0.05), bool(abs(scale - 2) < 0.1)
    (True, True)
    """
    mean, tiny = float(excesses.mean()), float(np.finfo(float).eps)
    if excesses.size < _FEWEST_PEAKS:
        return 0.0, mean
    y = np.sort(excesses / mean)
    # theta = -shape / scale is spread over its data-driven prior ...
    count = 20 + int(np.sqrt(y.size))
    quartile = max(y[int(y.size / 4 + 0.5) - 1], tiny)
    steps = 1 - np.sqrt(count / (np.arange(count) + 0.5))
    theta = 1 / y[-1] + steps / (3 * quartile)
    theta[theta == 0] = tiny  # where shape / theta would be 0 / 0: the exponential
    # ... and weighted by its profile likelihood, in which the shape is the mean log(1 - theta y).
    shapes = np.array([np.log1p(-value * y).mean() for value in theta])
    weights = softmax(y.size * (np.log(-theta / shapes) - shapes))
    best = float(weights @ theta) or tiny
    shape = float(np.log1p(-best * y).mean())
    return shape, -shape / best * mean
