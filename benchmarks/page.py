"""Write docs/benchmark.md with its diagrams, and docs/where_we_stand.md, from benchmarks/results/.

``genad bench SUITE --out benchmarks/results`` adds to the results there, also in pieces.
"""

from pathlib import Path

from genad.benchmark.pages import benchmark_page, write_plots
from genad.benchmark.results import read_results
from genad.benchmark.where import where_page

ROOT = Path(__file__).parents[1]
RESULTS, DOCS = ROOT / "benchmarks" / "results", ROOT / "docs"


def main() -> None:
    """Write the pages."""
    for path in sorted(RESULTS.glob("*.parquet")):
        write_plots(read_results(path), DOCS / "images")
    (DOCS / "benchmark.md").write_text(benchmark_page(RESULTS), encoding="utf-8")
    (DOCS / "where_we_stand.md").write_text(where_page(RESULTS), encoding="utf-8")


if __name__ == "__main__":
    main()
