"""What every page of an exploration begins with, and the next commands it ends with."""

from dataclasses import dataclass

from genad.report.about import Fact


@dataclass(frozen=True)
class Head:
    """The top of a page.

    Parameters
    ----------
    title : of the page, as the browser shows it.
    headline : what there is, in a few words.
    lede : a sentence on what the page is about.
    key_facts : the few that matter most.
    notes : what is odd about the data, a sentence each.
    """

    title: str
    headline: str
    lede: str
    key_facts: tuple[Fact, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Next:
    """A command to go on with, and what for."""

    purpose: str
    command: str
