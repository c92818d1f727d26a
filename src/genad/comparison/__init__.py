"""Comparing generative models on the same data: what they make, where they put it, what they find.

Below the report, which draws what is computed here.
"""

from genad.comparison.results import (
    Asked,
    Comparison,
    Contender,
    Costs,
    LatentSpace,
    Quality,
)
from genad.comparison.run import Watch, compare
from genad.comparison.series import series_subject
from genad.comparison.subject import (
    Places,
    Subject,
    Trial,
    image_subject,
    table_subject,
    unlabelled_subject,
)

__all__ = [
    "Asked",
    "Comparison",
    "Contender",
    "Costs",
    "LatentSpace",
    "Places",
    "Quality",
    "Subject",
    "Trial",
    "Watch",
    "compare",
    "image_subject",
    "series_subject",
    "table_subject",
    "unlabelled_subject",
]
