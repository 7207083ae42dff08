# What a fresh clone needs: `make demo`, `make test`, `make lab`. Each does the set-up it needs.
#   make demo PYTHON=python3.13     another interpreter (3.11 to 3.13)

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
PAIRS  ?=

BIN   := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-pairs test-handover lab check claims clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## Make the environment in .venv (only when pyproject.toml or constraints.txt changed)

# --no-build-isolation: the build back end is pinned like everything else.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "cronlift needs Python 3.11 or later: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "this Python cannot make environments: install python3-venv (Debian, Ubuntu)"; exit 2; }
	@rm -f $(READY)
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --constraint constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --constraint constraints.txt --no-build-isolation --editable '.[test]'
	@touch $(READY)

demo: $(READY) ## Move the demo application's movable jobs into pg_cron, in a private PostgreSQL
	$(BIN)/cronlift demo $(ARGS)

test: $(READY) ## Run all tests
	$(BIN)/python -m pytest $(ARGS)

test-pairs: $(READY) ## Run the tests that talk to a server on the other PostgreSQL with pg_cron, and in both modes
	PAIRS="$(PAIRS)" $(BIN)/python tests/pairs.py $(ARGS)

test-handover: $(READY) ## Real handovers in real minutes, on every PostgreSQL with pg_cron, all at once (15 minutes)
	$(BIN)/python -m pytest -n 9 tests/rehearsal/real_handover.py $(ARGS)

lab: $(READY) ## Open the walkthrough in JupyterLab
	$(BIN)/cronlift lab $(ARGS)

check: $(READY) ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

claims: $(READY) ## Measure the claims about speed again, through Oban and through pg_cron (more than an hour)
	$(BIN)/python benchmarks/claims.py $(ARGS)

clean: ## Stop the private server; remove the environment, caches and build results (runs are kept)
	@if [ -x $(BIN)/cronlift ]; then $(BIN)/cronlift sandbox down || true; fi
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find lib tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
