"""Fitting on files and data sets and scoring them, chunk by chunk: the main job without a screen.

A file is never held in memory to be scored: what is kept is one chunk, eight bytes a row for the
scores and one for the labels.
"""

from genad.files.columns import ADDED
from genad.files.fitting import Fitted, fit_source
from genad.files.image_fitting import fit_images
from genad.files.image_job import ImageTask, detect_images, score_images
from genad.files.images import ImageTable, as_image_tables, holds_images, open_images
from genad.files.job import Task, detect
from genad.files.kept import Kept
from genad.files.scoring import Scored, false_alarm_rate, score_source
from genad.files.series import SeriesTable, as_series_tables, open_series
from genad.files.series_job import EVENTS, SeriesTask, detect_series, score_series
from genad.files.source import Source, Watch, file_source, table_source
from genad.files.survey import Roles, Survey, survey

__all__ = [
    "ADDED",
    "EVENTS",
    "Fitted",
    "ImageTable",
    "ImageTask",
    "Kept",
    "Roles",
    "Scored",
    "SeriesTable",
    "SeriesTask",
    "Source",
    "Survey",
    "Task",
    "Watch",
    "as_image_tables",
    "as_series_tables",
    "detect",
    "detect_images",
    "detect_series",
    "false_alarm_rate",
    "file_source",
    "fit_images",
    "fit_source",
    "holds_images",
    "open_images",
    "open_series",
    "score_images",
    "score_series",
    "score_source",
    "survey",
    "table_source",
]
