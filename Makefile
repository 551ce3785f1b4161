# Everything a person does with this checkout; `make` alone lists it.
# Each target sets up what it needs by itself: scripts/setup is instant when nothing is missing.

BIN := .venv/bin
TESTS ?= tests

.PHONY: help dev demo test soak lint types bench docs clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 14

dev: ## set up .venv with glassnet (editable) and the tools to work on it
	@scripts/setup dev

demo: ## set up what glassnet needs to run, then the article's network, in a private lab
	@scripts/setup run
	@scripts/demo

test: ## set up what the tests need, then every check and test (TESTS=tests/unit for a part)
	@scripts/setup dev
	@scripts/test $(TESTS)

soak: ## the tests that grow, in full: 100,000 calls drawn at random, 8 workers of 500 (minutes)
	@scripts/setup dev
	GLASSNET_FUZZ=100000 GLASSNET_LOAD=500 nice $(BIN)/python -m pytest --durations=0 \
	    tests/unit/plugins/test_plugin_fuzz.py tests/kernel/cni/test_plugin_fuzz_host.py \
	    tests/faults/test_killed_load.py

lint: ## ruff's rules, its format, and the import contracts
	@scripts/setup dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: ## mypy --strict
	@scripts/setup dev
	$(BIN)/mypy

bench: ## measure against the kernel's floor, in this very run
	@scripts/setup dev
	$(BIN)/python -m benchmarks

docs: ## write docs/reference from the code
	@scripts/setup dev
	$(BIN)/python scripts/docs.py

clean: ## remove .venv, caches and build leftovers
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
	    .coverage .coverage.* build dist
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
