"""The registry: every detector by name, our own and those that other packages bring."""

from importlib.metadata import entry_points
from pathlib import Path

from genad import detectors
from genad.detector import Detector, rebuild
from genad.detectors.external import external, is_external
from genad.errors import ModelFormatError, ParameterError
from genad.storage import read_model

ENTRY_POINT = "genad.detectors"
# Names for the command line.
_SHORT = {"auto": "autodetector"}


def detector_classes() -> dict[str, type[Detector]]:
    """Return the detectors under their names in lower case, such as "ganomaly".

    Another package adds its own through the entry point group "genad.detectors".

    Examples
    --------
    >>> "ganomaly" in detector_classes()
    True
    """
    ours = {name.lower(): getattr(detectors, name) for name in detectors.__all__}
    theirs = {entry.name.lower(): entry for entry in entry_points(group=ENTRY_POINT)}
    return {name: entry.load() for name, entry in theirs.items()} | ours


def find_detector(name: str) -> type[Detector]:
    """Return the detector of that name, in any case and with or without dashes.

    One of scikit-learn or PyOD is named as in "sklearn.IsolationForest" or "pyod.knn".

    Raises
    ------
    ParameterError
        If there is none.

    Examples
    --------
    >>> find_detector("f-anogan").__name__
    'FAnoGAN'
    """
    if is_external(name):
        return external(name)
    classes = detector_classes()
    key = name.lower().replace("-", "").replace("_", "")
    key = _SHORT.get(key, key)
    if key not in classes:
        raise ParameterError(f"There is no detector {name!r}; choose one of {', '.join(classes)}.")
    return classes[key]


def load(path: str | Path, *, device: str | None = None) -> Detector:
    """Return the detector that `Detector.save` wrote into a folder, whatever its class.

    Nothing in the folder is executed: the class is looked up by name among those registered.

    Raises
    ------
    genad.errors.ModelFormatError
        If the folder is damaged, changed or foreign, or its detector is not registered.
    """
    config, arrays = read_model(Path(path))
    cls = detector_classes().get(str(config.get("detector")).lower())
    if cls is None:
        raise ModelFormatError(
            f"{path} holds a {config.get('detector')!r}, which no installed package provides; "
            "install the package that it comes from."
        )
    return rebuild(cls, config, arrays, device)
