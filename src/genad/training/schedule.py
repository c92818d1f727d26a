"""Schedules: how the learning rate changes as a stage of training goes on."""

import math
from collections.abc import Callable

Schedule = Callable[[float], float]
"""Maps progress, from 0 at the first update to 1 after the last, to a factor of the rate."""


def constant(progress: float) -> float:
    """Return 1: the rate stays as it is.

    Examples
    --------
    >>> constant(0.5)
    1.0
    """
    return 1.0


def held_then_linear(progress: float) -> float:
    """Return a factor that is 1 for the first half and then falls in a straight line to 0.

    Two players who both keep their step size never come to rest; which of their last positions a
    GAN ends in is chance.

    References
    ----------
    Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (Zhu et al.,
    2017), section 4, whose second half of the epochs does the same.

    Examples
    --------
    >>> held_then_linear(0.4), held_then_linear(0.75), held_then_linear(1.0)
    (1.0, 0.5, 0.0)
    """
    return min(1.0, 2 * (1 - progress))


def one_cycle(progress: float) -> float:
    """Return a factor that rises from 0.04 to 1 in the first 30 % and then falls to nearly 0.

    Both ways along half a cosine.

    References
    ----------
    Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (Smith and
    Topin, 2017).

    Examples
    --------
    >>> one_cycle(0.0), one_cycle(0.3), round(one_cycle(1.0), 3)
    (0.04, 1.0, 0.0)
    """
    rise = 0.3
    if progress < rise:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / rise)) / 2
    return (1 + math.cos(math.pi * (progress - rise) / (1 - rise))) / 2
