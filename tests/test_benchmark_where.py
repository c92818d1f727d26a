"""Published figures beside ours: the page says what the results say, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

import bench_toys as toys
from genad.benchmark import SUITES, Cell, Finished, Result, Spec, as_table, find_suite
from genad.benchmark.published import PUBLISHED, Published
from genad.benchmark.results import FIGURES, write_results
from genad.benchmark.where import where_page

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path):
    return results(tmp_path, toys.SUITE)


def results(folder, suite):
    """Return a folder with results of a VAE, its untrained self, chance and a stranger."""
    figures = {"VAE": 0.9, "VAE, untrained": 0.6, "random": 0.5, "PyOD's KNN": 0.95}
    figures |= {"VAE (wide)": 0.8, "VAE (wide), untrained": 0.7}
    kinds = {label: "untrained" for label in figures if label.endswith("untrained")}
    kinds["random"] = "baseline"
    models = {"PyOD's KNN": "pyod.knn"}
    rows = [
        Finished(
            "key",
            Cell(
                suite.name,
                Spec(name, models.get(name, "vae"), kind=kinds.get(name, "detector")),
                task,
                seed,
            ),
            Result("done", figures={"roc_auc": value + shift}),
        )
        for name, value in figures.items()
        for task, shift in zip(suite.tasks, (0.0, 0.04), strict=True)
        for seed in (0, 1)
    ]
    write_results(as_table(rows, suite), folder / f"{suite.name}.parquet")
    return folder


def test_ours_stands_beside_the_published_figure(folder):
    rows = [
        Published("toys", "roc_auc", "VAE", 0.8, "a paper", "VAE"),
        Published("toys", "roc_auc", "VAE", 0.7, "a paper", "VAE", "toys/all"),
        Published("toys", "roc_auc", "GAN", 0.99, "another"),
        Published("elsewhere", "roc_auc", "GAN", 0.99, "not of this suite"),
    ]
    lines = where_page(folder, rows).splitlines()
    both = "0.9200 ± 0.0000 | 0.6200 ± 0.0000 | 0.5200 ± 0.0000"
    one = "0.9400 ± 0.0000 | 0.6400 ± 0.0000 | 0.5400 ± 0.0000"
    assert f"| VAE (a paper) | 0.8000 | {both} |" in lines
    assert f"| VAE, toys/all (a paper) | 0.7000 | {one} |" in lines
    wide = "0.8400 ± 0.0000 | 0.7400 ± 0.0000 | 0.5400 ± 0.0000"
    assert f"| VAE (wide), toys/all |  | {wide} |" in lines
    assert "| GAN (another) | 0.9900 |  |  | 0.5200 ± 0.0000 |" in lines
    # PyOD's detector is better, but not ours.
    assert f"| best of ours: VAE |  | {both} |" in lines
    assert "genad bench toys --seeds 2 --models vae,pyod.knn" in lines
    assert "elsewhere" not in "\n".join(lines)


def test_published_figures_stand_beside_those_of_fewer_test_images_too(tmp_path):
    tasks = [replace(task, name=task.name.replace("/", "-quick/")) for task in toys.SUITE.tasks]
    quick = replace(toys.SUITE, name="toys-quick", tasks=tuple(tasks))
    rows = [Published("toys", "roc_auc", "VAE", 0.7, "a paper", "VAE", "toys/all")]
    page = where_page(results(tmp_path, quick), rows)
    assert "| VAE, toys-quick/all (a paper) | 0.7000 | 0.9400" in page


def test_suites_without_published_figures_are_left_out(folder):
    assert "Toys" not in where_page(folder, [])


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row.suite}-{row.detector}")
def test_published_figures_are_of_suites_and_columns_that_exist(row):
    if row.suite not in SUITES:
        pytest.skip(f"the suite {row.suite} is not there")
    assert row.metric in FIGURES and row.value > 0 and row.source
    names = [task.name for task in find_suite(row.suite).tasks]
    assert not row.dataset or row.dataset in names


@pytest.mark.skipif(not (ROOT / "docs/where_we_stand.md").exists(), reason="there is no page yet")
def test_the_page_is_made_from_the_results():
    page = (ROOT / "docs/where_we_stand.md").read_text(encoding="utf-8")
    assert page == where_page(ROOT / "benchmarks/results")
