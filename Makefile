# The developer's manual: every target says what it does. `make` alone lists them.
PYTHON ?= python3.11
BIN := .venv/bin
DATA ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test verify check format coverage benchmark build clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

.venv/installed: pyproject.toml
	@echo "Setting up .venv with $(PYTHON) (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: .venv/installed ## create .venv with the server and the development tools

demo: .venv/installed ## three conversations with a simulated account; DATA=file runs them on your own CSV or JSON lines
	@$(BIN)/python -m demo $(if $(DATA),--data '$(DATA)')

test: .venv/installed ## the fast tests (under 5 minutes)
	@echo "Running the fast tests; 'make verify' runs the slow ones too"
	@$(BIN)/python -m pytest -n 2

verify: .venv/installed check ## everything: checks, fast and slow tests, branch coverage (under 40 minutes)
	@$(BIN)/python -m pytest -m 'slow or not slow' --cov --cov-report=term --cov-fail-under=95

check: .venv/installed ## format, lint, strict types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/installed ## rewrite files the way `make check` wants them
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

benchmark: .venv/installed ## start-up time and memory, side by side with a one-tool server
	@$(BIN)/python -m benchmarks

build: .venv/installed ## the wheel and the source archive, in dist/
	@$(BIN)/python -m build --outdir dist

clean: ## remove what the targets made
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
