# What a person needs: `make demo` and `make test`. Both make .venv first; only Python 3.11+ and git are needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: help demo test test-full test-versions check docs site bench fuzz lock dist clean

help:
	@echo "make demo       run flowcheck on the embedded example"
	@echo "make test       the quick tests (under ten minutes on two cores, .venv included)"
	@echo "make test-full  every test, nothing cached (under forty minutes)"
	@echo "make test-versions  the wheel on every supported Python, and with the oldest packages"
	@echo "make check      ruff, mypy, generated documents up to date"
	@echo "make docs       write the generated documents again"
	@echo "make site       build the documentation as a site in build/site"
	@echo "make bench      the benchmarks of benchmarks/"
	@echo "make fuzz       coverage-guided fuzzing of the parsers, one minute each"
	@echo "make lock       pin what the container holds, anew (locks/)"
	@echo "make dist       wheel, sdist and bill of materials in dist/"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/flowcheck demo

# One worker more than the cores that are meant: an apply of Terraform mostly waits.
WORKERS ?= 3

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"

test-full: $(STAMP)
	FLOWCHECK_E2E_FRESH=1 HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-versions: $(STAMP)
	$(BIN)/python -m pytest -n 2 tests/release tests/test_wheel.py

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

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" --upgrade

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[release]'
	$(LOCK) --extra sign --extra xlsx pyproject.toml -o locks/runtime.txt
	$(LOCK) locks/build.in -o locks/build.txt

dist: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[release]'
	rm -rf dist build/sbom
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m twine check --strict dist/*
	$(PYTHON) -m venv --without-pip build/sbom
	$(BIN)/python -m pip --python build/sbom/bin/python install --quiet --disable-pip-version-check dist/*.whl
	$(BIN)/python -m pip --python build/sbom/bin/python install --quiet --disable-pip-version-check --force-reinstall --no-deps \
		--no-index --find-links dist flowcheck # by its name: a bill names no folder of whoever made it
	$(BIN)/cyclonedx-py environment --output-reproducible --of JSON -o dist/flowcheck.cdx.json build/sbom/bin/python

clean:
	rm -rf $(VENV) build dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
