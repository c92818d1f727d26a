"""A suite: which data sets, in which protocol, with how many seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genad.benchmark.specs import BASELINES, Spec
from genad.benchmark.task import Task
from genad.errors import ParameterError


@dataclass(frozen=True)
class Suite:
    """What a benchmark runs; how it runs is the runner's.

    Parameters
    ----------
    name : what the command line calls it.
    title : what pages call it.
    sentences : the protocol, as a reader needs it.
    tasks : the data sets.
    seeds : repetitions, with the seeds 0, 1, and so on.
    kind : of data, as detectors name what they take: "table", "series" or "image".
    settings : parameters that every detector gets that has them and allows the value; one named as
        in "vae.latent" is for that detector alone.
    models : our detectors that take part by default; by default all that take the kind.
    variants : further names of models: each is a detector, with parameters that take the place of
        the suite's. A variant's name is its label.
    baselines : who always takes part.
    within : how a model is put to its task, if not directly: pairs of an ending of its name in
        tables and the `within` of its `Spec`. Each makes a row; only the first does of a model that
        is not trained.
    headlines : the metrics that detectors are ranked by, the first one first; names of
        `genad.benchmark.tables.HEADLINES`.
    timeout : seconds that one detector may take for one data set and seed.
    memory : GiB that it may take.

    Examples
    --------
    >>> Suite("toy", "Toy tables", (), ()).seeds
    5
    """

    name: str
    title: str
    sentences: tuple[str, ...]
    tasks: tuple[Task, ...] = field(repr=False)
    seeds: int = 5
    kind: str = "table"
    settings: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    variants: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    baselines: tuple[Spec, ...] = BASELINES
    within: tuple[tuple[str, str], ...] = ()
    headlines: tuple[str, ...] = ("roc_auc", "average_precision")
    timeout: float = 600.0
    memory: float = 8.0

    def only(self, names: tuple[str, ...]) -> "Suite":
        """Return the suite of some of its data sets; with no names, of all.

        Raises
        ------
        ParameterError
            If it has none of that name.

        Examples
        --------
        >>> from genad.benchmark.suites import find_suite
        >>> [task.name for task in find_suite("adbench").only(("wine",)).tasks]
        ['adbench/45_wine']
        """
        chosen = tuple(self._task(name) for name in names) or self.tasks
        return Suite(**{**vars(self), "tasks": chosen})

    def _task(self, name: str) -> Task:
        wanted = name.lower().replace("-", "_")
        for task in self.tasks:
            last = task.name.lower().rpartition("/")[2]
            number, _, rest = last.partition("_")
            known_as = task.name.lower(), last, number, rest
            if wanted and wanted in [each.replace("-", "_") for each in known_as]:
                return task
        known = ", ".join(task.name for task in self.tasks)
        raise ParameterError(f"{self.name} has no data set {name!r}; choose from {known}.")
