"""Streaming: parts that score and learn one value at a time, at the same cost for ever.

Each has river's two verbs, `score_one` and `learn_one`, where it has a score, and a state that is
stored and restored exactly. :class:`NoveltyScorer` puts them together.
"""

from genad.streaming.gaussian import WindowedGaussian
from genad.streaming.nearest import NearestValue
from genad.streaming.novelty import LARGEST_NOVELTY, Novelty
from genad.streaming.peak_level import PeakLevel
from genad.streaming.quantile import RunningQuantile
from genad.streaming.rest import Rest
from genad.streaming.scorer import NoveltyScorer
from genad.streaming.sorted_values import SortedValues
from genad.streaming.state import Part, join_states, load_states
from genad.streaming.threshold import AdaptiveThreshold
from genad.streaming.time_of_day import DayNovelty, TimeOfDay

__all__ = [
    "LARGEST_NOVELTY",
    "AdaptiveThreshold",
    "DayNovelty",
    "NearestValue",
    "Novelty",
    "NoveltyScorer",
    "Part",
    "PeakLevel",
    "Rest",
    "RunningQuantile",
    "SortedValues",
    "TimeOfDay",
    "WindowedGaussian",
    "join_states",
    "load_states",
]
