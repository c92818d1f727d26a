"""What data is like before anything is trained: tables, series and images, counted and sampled."""

from genad.profiles.images import ImagesProfile, open_any_images, profile_images
from genad.profiles.series import SeriesProfile, profile_series
from genad.profiles.tables import TableProfile, profile_table

__all__ = [
    "ImagesProfile",
    "SeriesProfile",
    "TableProfile",
    "open_any_images",
    "profile_images",
    "profile_series",
    "profile_table",
]
