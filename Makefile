# Every target makes the environment first where it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check lint types bench clean
help:            ## list the targets
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

demo: $(STAMP)   ## find the malignant tumours among benign ones with a GAN; page in out/demo/report.html
	$(BIN)/genad detect breast_cancer --model ganomaly --seed 0 --out out/demo --force

test: $(STAMP)   ## tests and the examples in the docstrings
	$(BIN)/python -m pytest -n 2 --dist worksteal tests src --doctest-modules

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

check: lint types test   ## ruff, mypy --strict, tests, doctests

bench: $(STAMP)  ## the speed figures, as ratios against peers in one run (installs PyOD)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	$(BIN)/python benchmarks/speed.py

clean:           ## remove the environment and all output
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis
