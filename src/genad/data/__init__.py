"""Data: files into tables, named data sets, messy columns into numbers, and views of samples."""

from genad.data.datasets import (
    Dataset,
    DatasetInfo,
    ImageSet,
    Series,
    fetch_dataset,
    list_datasets,
    load_dataset,
    load_images,
    load_series,
)
from genad.data.image_folder import ImageFolder
from genad.data.readers import TableFile, open_table, write_table
from genad.data.splits import Split, leave_one_class_out, one_class_out_of_all

__all__ = [
    "Dataset",
    "DatasetInfo",
    "ImageFolder",
    "ImageSet",
    "Series",
    "Split",
    "TableFile",
    "fetch_dataset",
    "leave_one_class_out",
    "list_datasets",
    "load_dataset",
    "load_images",
    "load_series",
    "one_class_out_of_all",
    "open_table",
    "write_table",
]
