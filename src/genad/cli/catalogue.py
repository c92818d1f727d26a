"""What a detector says of itself, in its class and docstring."""

from genad.detector import Detector
from genad.report.about import paper, summary


def describe(name: str, cls: type[Detector]) -> dict[str, str]:
    """Return name, family, kinds of data, one-line summary and paper of a detector."""
    detector = cls()
    return {
        "name": name,
        "family": cls.family,
        "data": ", ".join(cls.kinds),
        "summary": summary(detector),
        "paper": paper(detector),
    }
