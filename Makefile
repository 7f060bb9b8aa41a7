# Needs git, make and a Python 3.11 or newer with venv. Everything else is installed into .venv,
# from requirements/*.txt, with hashes.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check docs lint bench supply-chain lock clean

# A Python to build .venv with. Empty: the first of 3.11 to 3.14 that works.
PYTHON ?=
# How many processes share the tests.
WORKERS ?= auto
UV ?= uv

VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip --disable-pip-version-check --quiet install

help:
	@echo "make demo          watch one version of an agent fail its gate and the fixed one pass it"
	@echo "make test          everything that CI runs: lint, types, layers, and the whole test suite"
	@echo "make check         ruff, pyright, import-linter and the documentation's examples"
	@echo "make docs          the documentation as a site, in build/docs"
	@echo "make bench         the benchmarks of tests/perf and tests/browser"
	@echo "make supply-chain  SBOM of the wheel, licences, known vulnerabilities"
	@echo "make lock          compile requirements/*.txt again (needs uv)"
	@echo "make clean         remove .venv and what builds and runs leave behind"

demo: $(VENV)/core.stamp
	@$(PY) examples/demo.py

# The suite contains the documentation's examples, so `lint` and the suite are all of `check`.
# The suite comes last: its summary is the last line of the log. Before it, the figures that were promised of
# distribution are measured and printed; none fails because a machine is slow.
test: lint
	@$(PY) -m pytest -q -m perf -s tests/perf/test_distribution.py tests/perf/test_modal.py
	@$(PY) -m pytest -n $(WORKERS) --maxprocesses 4 --dist worksteal

check: lint
	@$(PY) -m pytest -q tests/docs

lint: $(VENV)/dev.stamp
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet .
	@$(VENV)/bin/lint-imports --no-logo --no-cache
	@$(PY) -m pyright --pythonpath $(PY)

# Afresh: tables of the reference are made from code, which Sphinx does not look at.
docs: $(VENV)/dev.stamp
	@$(PY) -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet docs build/docs
	@echo "build/docs/index.html"

bench: $(VENV)/dev.stamp
	@$(PY) -m pytest -m perf -s tests/perf tests/browser

supply-chain: $(VENV)/dev.stamp
	@$(PY) .github/supply_chain.py

# The demonstration needs only core.txt; the suite needs dev.txt, which contains core.txt.
$(VENV)/core.stamp: requirements/core.txt pyproject.toml | $(PY)
	@echo "Installing pytest-arc into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/core.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(PY)
	@echo "Installing pytest-arc and its development tools into $(VENV) (a minute or two, once) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/core.stamp $@

# Debian and Ubuntu ship Python without ensurepip; an environment made there has no pip.
$(PY):
	@python=; without_venv=; \
	for candidate in $(or $(PYTHON),python3.11 python3.12 python3.13 python3.14 python3); do \
	  $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  if $$candidate -c 'import ensurepip, venv' 2>/dev/null; then python=$$candidate; break; fi; \
	  without_venv=$${without_venv:-$$candidate}; \
	done; \
	if [ -n "$$python" ]; then \
	  "$$python" -m venv --clear $(VENV); \
	elif [ -n "$$without_venv" ]; then \
	  version=$$("$$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$without_venv has no venv. Install it: sudo apt-get install python$$version-venv" >&2; \
	  exit 1; \
	else \
	  echo "No Python 3.11 or newer found ($(or $(PYTHON),python3.11 to python3.14, python3)). Name one: make PYTHON=/path/to/python" >&2; \
	  exit 1; \
	fi

lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: $(PY) -m pip install uv" >&2; exit 1; }
	@$(LOCK) --group dev $(TESTED_EXTRAS) --output-file requirements/dev.txt
	@$(LOCK) --group build --constraint requirements/dev.txt --output-file requirements/core.txt
	@$(LOCK) --group beside --group build --constraint requirements/dev.txt --output-file requirements/beside.txt

# What the suite runs with; without an extra its tests are skipped.
TESTED_EXTRAS := $(foreach extra,http langgraph modal models openai-agents otel redis sbom xdist,--extra $(extra))
# No index lines: the locks name no host, so they work with any mirror.
LOCK := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean:
	rm -rf $(VENV) .nox .arc build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
