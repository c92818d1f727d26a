"""Reports: results as pages that open from disk and can be mailed."""

from genad.report.html import compare_page, detect_page, explore_page

__all__ = ["compare_page", "detect_page", "explore_page"]
