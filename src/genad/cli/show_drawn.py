"""What `genad sample` says."""

from pathlib import Path

from genad.cli import printed
from genad.detector import Detector
from genad.report.about import Fact
from genad.report.formats import count

_ITEMS = {"table": "row", "series": "window", "image": "image"}


def drawn(
    detector: Detector, number: int, label: str | None, path: Path, *, as_json: bool, quiet: bool
) -> None:
    """Show what was drawn, and where it is."""
    name, item = type(detector).__name__, _ITEMS[detector.view_.kind]
    if as_json:
        content = {"detector": name, "samples": number, "label": label, "kind": item}
        printed.as_json(content | {"files": {"samples": str(path)}})
    elif not quiet:
        classes = getattr(detector, "classes_", None)
        kinds = "" if classes is None else f"of {', '.join(map(str, classes.tolist()))}"
        facts = (Fact("class", "any" if label is None else label, kinds),) if kinds else ()
        title = f"{name} makes {count(number, item)}"
        printed.summary(title, "synthetic", facts, printed.file_table({"samples": path}))
