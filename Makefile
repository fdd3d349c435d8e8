# What a person needs: `make demo` and `make test`. Both make .venv first; only Python 3.11+ and git are needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: help demo test test-full check docs site bench fuzz clean

help:
	@echo "make demo       run flowcheck on the embedded example"
	@echo "make test       the quick tests (under ten minutes on two cores, .venv included)"
	@echo "make test-full  every test, nothing cached (under forty minutes)"
	@echo "make check      ruff, mypy, generated documents up to date"
	@echo "make docs       write the generated documents again"
	@echo "make site       build the documentation as a site in build/site"
	@echo "make bench      the benchmarks of benchmarks/"
	@echo "make fuzz       coverage-guided fuzzing of the parsers, one minute each"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/flowcheck demo

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-full: $(STAMP)
	FLOWCHECK_E2E_FRESH=1 HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest -n 2 --dist worksteal

check: $(STAMP)
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

docs: $(STAMP)
	$(BIN)/python -m docs.generate

site: $(STAMP)
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/site
	@echo "build/site/index.html"

bench: $(STAMP)
	$(BIN)/python -m benchmarks.run

fuzz: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz.run --seconds 60

clean:
	rm -rf $(VENV) build dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
