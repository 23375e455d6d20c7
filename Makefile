# Everything runs in .venv, which every target makes first and no target makes twice.
PYTHON ?= python3
VENV   ?= .venv
LOCK   ?= requirements-dev.lock
ifndef UV
UV     := $(shell command -v uv)
endif

BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup environment run test test-tools check serve screenshots reference notebook catalogue lock clean

help:  ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv with everything that the targets use

# Newer than the locks: nothing to install.
$(READY): requirements-dev.lock pyproject.toml hatch_build.py
	@$(MAKE) --no-print-directory environment
ifneq ($(UV),)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@

# A virtual environment in VENV with what LOCK lists, by uv where there is one, else by pip from outside: python3-venv
# may be missing, and the setuptools that an older venv brings along would slow jieba's import down.
environment:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("matcher needs Python 3.11 or newer, \
	but $(PYTHON) is %d.%d. Name a newer one: make setup PYTHON=python3.12" % v[:2])'
	@echo "Setting up $(VENV) from $(LOCK); once, up to two minutes"
ifneq ($(UV),)
	@test -x $(BIN)/python || $(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode $(LOCK)
else
	@$(PYTHON) -m pip --version >/dev/null || { echo "matcher's set-up needs pip or uv: apt install python3-pip" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip --clear $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --quiet --disable-pip-version-check --require-hashes --requirement $(LOCK)
endif

run: $(READY)  ## Match the sample data: a summary here, the lists in out/
	$(BIN)/matcher assign data/experts.csv data/firms.csv --ratings data/ratings.csv --out out

# Every child that tests start would compile the package anew where Python is told to keep no bytecode.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY)  ## All tests
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal $(PYTEST_FLAGS)

test-tools:  ## Install what tests use of the system, where apt may: Chromium, Chinese fonts, LibreOffice
	@tests/tools.sh

check: $(READY)  ## Lint, format, types, layers, doctests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/ty check
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest --doctest-modules matcher --ignore matcher/store/migrations

serve: $(READY)  ## A demonstration on the sample, on this machine alone; it says how to log in
	$(BIN)/matcher serve --demo $(SERVE_FLAGS)

screenshots: $(READY)  ## Every page in both languages into docs/images/, from a demonstration
	$(BIN)/python docs/screenshots.py

reference: $(READY)  ## Settings, columns, commands and names into docs/reference/, from the code
	$(BIN)/python docs/reference.py

notebook: $(READY)  ## Run notebooks/*.py and keep the results as .ipynb beside them
	$(BIN)/python docs/notebooks.py

catalogue: $(READY)  ## Compile the sentences of both languages
	$(BIN)/pybabel compile --domain matcher --directory matcher/language/locale

COMPILE := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--annotation-style line --custom-compile-command "make lock" $(LOCK_FLAGS)

lock: $(READY)  ## Write the locks anew; LOCK_FLAGS=--upgrade for newer versions
	$(BIN)/uv pip compile $(COMPILE) --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --constraints requirements.lock --group dev --output-file requirements-dev.lock pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --constraints requirements-dev.lock --extra postgres --extra auth --output-file requirements-server.lock pyproject.toml

clean:  ## Remove .venv, results and caches
	rm -rf $(VENV) out dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
