"""Every error that genad raises on purpose, in one tree.

::

    GenadError
    ├── DataError (ValueError)          the input cannot be used as it is
    │   └── DatasetError                a named data set cannot be had, or is not what its hash says
    ├── ParameterError (ValueError)     a hyper-parameter or an option is outside what is allowed
    ├── TrainingDiverged                a loss became infinite or not a number
    ├── ModelFormatError (ValueError)   a saved model is damaged, changed, foreign or too new
    └── MissingDependencyError (ImportError)   an optional package is needed; the message names it

A message says what was got, what is allowed and what to do, in one sentence.
"""

__all__ = [
    "DataError",
    "DatasetError",
    "GenadError",
    "MissingDependencyError",
    "ModelFormatError",
    "ParameterError",
    "TrainingDiverged",
]


class GenadError(Exception):
    """Base of every error that genad raises on purpose."""


class DataError(GenadError, ValueError):
    """The input cannot be used as it is."""


class DatasetError(DataError):
    """A named data set cannot be had, or is not what its hash says."""


class ParameterError(GenadError, ValueError):
    """A hyper-parameter or an option is outside what is allowed."""


class TrainingDiverged(GenadError):
    """A loss became infinite or not a number, so training was stopped."""


class ModelFormatError(GenadError, ValueError):
    """A saved model is damaged, changed, foreign or too new."""


class MissingDependencyError(GenadError, ImportError):
    """An optional package is needed; the message names the one to install."""
