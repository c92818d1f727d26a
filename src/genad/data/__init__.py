"""Data: files into tables, named data sets, messy columns into numbers, and views of samples."""

from genad.data.datasets import (
    Dataset,
    DatasetInfo,
    Images,
    Series,
    fetch_dataset,
    list_datasets,
    load_dataset,
    load_images,
    load_series,
)
from genad.data.readers import TableFile, open_table, write_table

__all__ = [
    "Dataset",
    "DatasetInfo",
    "Images",
    "Series",
    "TableFile",
    "fetch_dataset",
    "list_datasets",
    "load_dataset",
    "load_images",
    "load_series",
    "open_table",
    "write_table",
]
