"""Pages from contents: one self-contained file each, drawn by the templates."""

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from genad.comparison import Comparison
from genad.detection import Detection
from genad.report import charts
from genad.report.compare import compare_content
from genad.report.content import detect_content
from genad.report.explore_images import ImagesContent
from genad.report.explore_series import SeriesContent
from genad.report.explore_table import TableContent
from genad.report.lines import lines
from genad.report.pictures import picture
from genad.report.scatter import scatter
from genad.report.traces import trace

# Names from files may hold what HTML and UTF-8 cannot: control characters, halves of surrogates.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_EXPLORED: dict[type, str] = {
    ImagesContent: "explore_images.html",
    SeriesContent: "explore_series.html",
    TableContent: "explore_table.html",
}


def detect_page(detection: Detection, *, model: str | None = "out/model") -> str:
    """Return the page of a detection, as HTML that needs no other file and no network.

    Parameters
    ----------
    detection : what was run and found.
    model : the folder that the detector was saved in, as the reader should type it; None if it
        was not saved.

    Examples
    --------
    >>> import numpy as np
    >>> from genad import ZScore
    >>> detector = ZScore(random_state=0).fit(np.arange(20.0).reshape(10, 2))
    >>> detection = Detection(
    ...     detector, "normal.csv", "new.csv", 10, np.array([1.0, 99.0]), detector.threshold_, 1,
    ...     [], None, None, 0.1, 0.1, [], "genad detect new.csv --train normal.csv",
    ... )
    >>> "1 of 2 rows flagged" in detect_page(detection)
    True
    """
    return draw("detect.html", page=detect_content(detection, model))


def explore_page(content: ImagesContent | SeriesContent | TableContent) -> str:
    """Return the page of an exploration, as HTML that needs no other file and no network.

    Parameters
    ----------
    content : what to show.
    """
    return draw(_EXPLORED[type(content)], page=content)


def compare_page(
    found: Comparison, command: str = "", *, watch: Callable[[str], None] = lambda name: None
) -> str:
    """Return the page of a comparison, as HTML that needs no other file and no network.

    Parameters
    ----------
    found : what was compared.
    command, watch : as in `genad.report.compare.compare_content`.
    """
    return draw("compare.html", page=compare_content(found, command, watch=watch))


def draw(template: str, **content: Any) -> str:
    """Return a page drawn by one of our templates from what it shows."""
    text = _environment().get_template(template).render(content)
    return _UNWRITABLE.sub("\ufffd", text)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("genad.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "histogram": charts.histogram,
        "curve": charts.curve,
        "trace": trace,
        "lines": lines,
        "scatter": scatter,
        "picture": picture,
        "version": version("genad"),
    }
    return environment
