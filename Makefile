# The developer's manual: every target says what it does. `make` alone lists them.
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
# The first of these that is Python 3.11 or newer; `make PYTHON=...` chooses another.
PYTHON ?= $(firstword $(foreach name,python3.11 python3 python,$(shell $(name) -c \
	'import sys; print("$(name)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
DATA ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test verify check format docs benchmark build clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*##/\t/' | expand -t 12

.venv/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Try: make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up .venv with $(PYTHON): the server and the development tools (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: .venv/installed ## create .venv with the server and the development tools

demo: .venv/installed ## three conversations with a simulated account; DATA=file runs them on your own CSV or JSON lines
	@echo "Starting a simulated Wootric account and the server, then talking with them (half a minute)"
	@$(BIN)/python -m demo $(if $(DATA),--data '$(DATA)')

test: .venv/installed ## the fast tests (about 6 minutes on two cores)
	@echo "Running the fast tests; 'make verify' runs the slow ones too"
	@$(BIN)/python -m pytest -n 2

verify: .venv/installed check ## everything: checks, fast and slow tests, branch coverage (under 40 minutes)
	@echo "Running every test with branch coverage"
	@$(BIN)/python -m pytest -m 'slow or not slow' --cov --cov-report=term

check: .venv/installed ## format, lint, strict types, import contract
	@echo "Checking format and lint"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@echo "Checking types"
	@$(BIN)/mypy
	@echo "Checking that imports point one way"
	@$(BIN)/lint-imports --no-logo

format: .venv/installed ## rewrite files the way `make check` wants them
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/installed ## write the tables of README.md from the code
	@$(BIN)/python -m scripts.readme

benchmark: .venv/installed ## start-up time and memory, side by side with a one-tool server
	@$(BIN)/python -m benchmarks

build: .venv/installed ## the wheel and the source archive, in dist/
	@$(BIN)/python -m build --outdir dist

clean: ## remove what the targets made
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
