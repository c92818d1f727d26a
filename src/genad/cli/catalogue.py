"""What a detector says of itself, in its class, its signature and its docstring."""

import re
from typing import TypedDict

from genad.detector import Detector
from genad.report.about import paper, parameters, summary


class Entry(TypedDict):
    """What the list of detectors says of one."""

    name: str
    family: str
    data: str
    summary: str
    paper: str
    authors: str
    parameters: dict[str, str]


def describe(name: str, cls: type[Detector]) -> Entry:
    """Return name, family, kinds of data, one-line summary, paper and parameters of a detector.

    Examples
    --------
    >>> from genad import VAE
    >>> entry = describe("vae", VAE)
    >>> entry["authors"], entry["parameters"]["beta"]
    ('Kingma and Welling, 2013', '1.0')
    """
    detector = cls()
    published = paper(detector)
    authors = re.search(r"\(([^()]*\d{4})\)$", published)
    _, defaults = parameters(detector)
    return {
        "name": name,
        "family": cls.family,
        "data": ", ".join(cls.kinds),
        "summary": summary(detector),
        "paper": published,
        "authors": authors[1] if authors else "",
        "parameters": {fact.name: fact.value for fact in defaults},
    }
