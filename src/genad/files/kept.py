"""A fitted detector kept on disk until its rows are scored, so that no training is lost."""

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from genad.detector import Detector
from genad.errors import ModelFormatError, ParameterError
from genad.files.fitting import Fitted
from genad.parameters import plain_parameters
from genad.registry import load

_MODEL, _FACTS = "model", "fitted.json"


@dataclass(frozen=True)
class Kept:
    """A folder for one fitted detector and what it was fitted on.

    Parameters
    ----------
    path : the folder; it appears only when it is complete.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from genad import ZScore
    >>> from genad.files.fitting import TrainingRows, fit_rows
    >>> rows = TrainingRows("pump", pa.table({"bar": [1.0, 2.0, 3.0]}), [])
    >>> detector = ZScore(random_state=0)
    >>> fitted = fit_rows(detector, rows)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = Kept(Path(folder) / "kept")
    ...     kept.write(detector, fitted, rows.digest())
    ...     again, facts = kept.read(ZScore(random_state=0), rows.digest())
    >>> again.threshold_ == detector.threshold_, facts == fitted
    (True, True)
    """

    path: Path

    def write(self, detector: Detector, fitted: Fitted, digest: str) -> None:
        """Keep a detector that was fitted on data of that digest."""
        facts = {"data": digest, "fitted": asdict(fitted)}
        prefix = f".{self.path.name}."
        with tempfile.TemporaryDirectory(prefix=prefix, dir=self.path.parent) as scratch:
            folder = Path(scratch) / self.path.name
            detector.save(folder / _MODEL)
            text = json.dumps(facts, ensure_ascii=False)
            (folder / _FACTS).write_text(text, encoding="utf-8")
            folder.rename(self.path)

    def read(self, detector: Detector, digest: str) -> tuple[Detector, Fitted] | None:
        """Return what was kept of such a detector and such data; None if there is nothing.

        Raises
        ------
        ParameterError
            If what was kept has other parameters, or was fitted on other data.
        ModelFormatError
            If it is damaged.
        """
        if not self.path.exists():
            return None
        try:
            facts = json.loads((self.path / _FACTS).read_text(encoding="utf-8"))
            data, fitted = facts["data"], Fitted(**facts["fitted"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelFormatError(
                f"{self.path} is damaged ({type(error).__name__}); delete it to fit again."
            ) from error
        kept = load(self.path / _MODEL)
        if data != digest or _described(kept) != _described(detector):
            raise ParameterError(
                f"The model in {self.path} was fitted with other parameters or on other data; use "
                "the same ones, or another path, or delete it."
            )
        return kept, fitted


def _described(detector: Detector) -> tuple[str, dict[str, object]]:
    return type(detector).__name__, plain_parameters(detector.get_params(deep=False))
