# Everything a person does with this project. `make` alone lists it.

PYTHON ?= python3
VENV ?= .venv
DO := $(VENV)/bin/python -m dagster_project

.DEFAULT_GOAL := help
.PHONY: help setup demo run dev sandbox plan undo retry erase rules docs explain recompute preview test lint bench bench-latency lock clean

help:  ## List what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready  ## Make the virtual environment and install what requirements.lock names

$(VENV)/.ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed and $(PYTHON) is `$(PYTHON) --version 2>&1`: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up $(VENV) with `$(PYTHON) --version`; this takes a minute or two, once."
	@$(PYTHON) -m venv $(VENV) || { echo "The module venv is missing; on Debian: apt install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

demo: setup  ## Run the whole job once, on the sample company, against the sandbox
	@$(DO) demo

run: setup  ## Run the whole job once, on data/landing, against whatever the environment names
	@$(DO) run

dev: setup  ## Open the Dagster UI with schedule and sensors on (without a HubSpot token: beside the sandbox)
	@$(DO) dev

sandbox: setup  ## Start the local HubSpot and Slack, with a page to look at
	@$(VENV)/bin/python -m dagster_project.sandbox --seed seeds/sample/crm

plan: setup  ## Show what a sync would change now; sends nothing
	@$(DO) plan

undo: setup  ## Take back what one sync wrote: make undo RUN=<run id> [DRY_RUN=1]; without RUN, list the last ones
	@$(DO) undo $(if $(RUN),"$(RUN)") $(if $(DRY_RUN),--dry-run)

retry: setup  ## Owe again what failed or expired: make retry ACTION=<action id>, TRIGGER=<id> or ALL=1; without, list it
	@$(DO) retry $(if $(ACTION),--action "$(ACTION)") $(if $(TRIGGER),--trigger "$(TRIGGER)") $(if $(ALL),--all)

erase: setup  ## Erase one person from everything kept here: make erase EMAIL=… or USER_ID=… [DRY_RUN=1] [YES=1]
	@$(DO) erase $(if $(EMAIL),--email "$(EMAIL)") $(if $(USER_ID),--user-id "$(USER_ID)") $(if $(DRY_RUN),--dry-run) $(if $(YES),--yes)

rules: setup  ## Check the rule files and print them in plain English; OUT=folder writes them as a sheet
	@$(DO) rules $(if $(OUT),--out "$(OUT)")

docs: setup  ## Write docs/rules.md, docs/triggers.md and docs/properties.md from the rules; OUT=folder writes them there
	@$(DO) docs $(if $(OUT),--out "$(OUT)")

# Of a past moment: AS_OF; with the rules in force then: RULES=then.
THEN := $(if $(AS_OF),--as-of "$(AS_OF)") $(if $(RULES),--rules "$(RULES)")

explain: setup  ## Say why somebody has their score: make explain EMAIL=somebody@example.com [AS_OF=2026-10-01T09:00:00Z]
	@test -n "$(EMAIL)" || { echo "Whose score? make explain EMAIL=somebody@example.com"; exit 2; }
	@$(DO) explain "$(EMAIL)" $(THEN)

recompute: setup  ## Score everybody as of a past moment, beside the live scores: make recompute AS_OF=2026-10-01T09:00:00Z [RULES=then]
	@test -n "$(AS_OF)" || { echo "As of when? make recompute AS_OF=2026-10-01T09:00:00Z"; exit 2; }
	@$(DO) recompute "$(AS_OF)" $(if $(RULES),--rules "$(RULES)")

preview: setup  ## Say what other rules would do to the present data: make preview RULES=folder [OUT=file] [MONTHS=6]
	@test -n "$(RULES)" || { echo "Which rules? make preview RULES=folder; it may hold only the files that are to change"; exit 2; }
	@$(DO) preview "$(RULES)" $(if $(OUT),--out "$(OUT)") $(if $(MONTHS),--months "$(MONTHS)")

test: setup  ## Run all tests
	@$(VENV)/bin/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

lint: setup  ## Check style, formatting and the rule files
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(DO) rules > /dev/null

bench: setup  ## Measure ingest, scoring, diff and sync on made-up data; BENCH_ONLY=scoring measures one
	@# Beside the environment and not in it: DuckDB and Dagster import pandas wherever they find it, which takes a second.
	@test -d $(VENV)/bench || $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--target $(VENV)/bench 'pandas>=3.1,<4'
	@$(VENV)/bin/python -m tests.bench

bench-latency: setup  ## Measure from an event file's landing to HubSpot and Slack, as `make dev` runs it, with 100,000 users
	@BENCH_ONLY=latency $(VENV)/bin/python -m tests.bench

lock: setup  ## Renew requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock

clean:  ## Remove the environment and what tools left behind; data/ stays, it holds what HubSpot acknowledged
	@rm -rf $(VENV) dbt_project/target dbt_project/logs logs .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Clean. To forget the demo too: rm -rf data"
