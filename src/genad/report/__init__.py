"""Reports: results as pages that open from disk and can be mailed."""

from genad.report.html import detect_page, explore_page

__all__ = ["detect_page", "explore_page"]
