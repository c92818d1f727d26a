"""What data is like before anything is trained: tables, series and images, counted and sampled."""

from genad.profiles.images import ImagesProfile, open_any_images, profile_images

__all__ = ["ImagesProfile", "open_any_images", "profile_images"]
