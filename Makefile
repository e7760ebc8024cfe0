# Everything a developer does here. Needs Python >= 3.11 and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test lint bench screenshots snapshots dist docs soak format clean

help:                     ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(STAMP)            ## start the app on the embedded demo server
	$(BIN)/immich-tui demo

test: $(STAMP)            ## all tests, over real sockets
	$(BIN)/pytest -q -n auto -m "not slow"

lint: $(STAMP)            ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)           ## measured figures beside their peers, as ratios
	$(BIN)/python -m tests.bench

soak: $(STAMP)            ## the long random runs that `make test` only samples
	$(BIN)/pytest -q -n auto -m slow -o tmp_path_retention_policy=failed

screenshots: $(STAMP)     ## pictures for the README, from the demo
	$(BIN)/python -m tests.screenshots

snapshots: $(STAMP)       ## take the screens' reference pictures again; look at each before committing
	$(BIN)/pytest -q tests/tui -k snapshot --snapshot-update

dist: $(STAMP)            ## wheel and sdist, the same bytes for the same commit
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 1577836800) $(BIN)/python -m build

docs: $(STAMP)            ## the pages on commands and keys, made from them
	$(BIN)/python -m immich_tui.cli.reference > docs/commands.md
	$(BIN)/python -m immich_tui.tui.key_reference > docs/keys.md

format: $(STAMP)          ## put style right
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml constraints.txt Makefile
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev,demo,images]' -c constraints.txt
	touch $(STAMP)

clean:                    ## remove what was built
	rm -rf $(VENV) .venv-newer dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
