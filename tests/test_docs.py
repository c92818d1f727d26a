"""The documentation's code runs: every python block of README.md and docs/, in the order of a page.

What ``genad`` commands stand in ``sh`` blocks runs too. A block with ``<!-- not run: why -->`` on
the line before it is left out.
"""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from genad.cli import main
from genad.detector import TrainedDetector

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?P<out><!-- not run: .+? -->\n)?```(?P<kind>\w+)\n(?P<code>.*?)\n```", re.S)
DATA = re.compile(
    r"(?:load_dataset\(|fetch_dataset\(|load_series\(|load_images\()\"(?P<name>[^\"]+)"
)
SHIPPED = {"breast_cancer"}


@dataclass(frozen=True)
class Block:
    kind: str
    code: str
    line: int

    def needs(self):
        """Return the data sets that do not come with scikit-learn."""
        return sorted({found["name"] for found in DATA.finditer(self.code)} - SHIPPED)

    def run(self, page, names):
        if self.kind == "python":
            # Empty lines before it, so that a traceback tells the line of the page.
            exec(compile("\n" * self.line + self.code, str(page), "exec"), names)
            return
        for line in self.code.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["genad"]:
                assert main([*words[1:], "--quiet"]) == 0, line


def blocks(text):
    """Return the blocks to run."""
    return [
        Block(found["kind"], found["code"], text.count("\n", 0, found.start("code")))
        for found in BLOCK.finditer(text)
        if found["kind"] in ("python", "sh") and not found["out"]
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    """Detectors train for less long than they would: it is the lines that are tested."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(TrainedDetector, "default_updates", 100)
    found = blocks(page.read_text(encoding="utf-8"))
    if not found:
        pytest.skip(f"{page.name} has no code to run")
    needed = sorted({name for block in found for name in block.needs()})
    if needed and not os.environ.get("GENAD_DATA_HOME"):
        pytest.skip(f"needs {', '.join(needed)}: GENAD_DATA_HOME does not name a folder of data")
    names = {"__name__": page.stem}
    for block in found:
        block.run(page, names)


def test_blocks_are_found_with_their_lines():
    page = "a\n```python\nx = 1\n```\n```\nno\n```\n<!-- not run: long -->\n```python\nno\n```\n"
    page += "```sh\ngenad models\n```\n"
    assert blocks(page) == [Block("python", "x = 1", 2), Block("sh", "genad models", 12)]


def test_a_wrong_line_fails_with_its_place(tmp_path):
    (block,) = blocks("text\n\n```python\nx = 1\nraise ValueError(x)\n```\n")
    with pytest.raises(ValueError, match="1") as raised:
        block.run(tmp_path / "page.md", {})
    assert raised.traceback[-1].lineno + 1 == 5
    with pytest.raises(AssertionError, match="genad score nothing"):
        Block("sh", "genad score nothing x.csv", 0).run(tmp_path, {})


def test_data_that_has_to_be_fetched_is_noticed():
    block = Block("python", 'load_dataset("kddcup99"); load_dataset("breast_cancer")', 0)
    assert block.needs() == ["kddcup99"]
