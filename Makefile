# Everything a person does with this project. `make` alone lists it.

PYTHON ?= python3
VENV ?= .venv
# What pyproject.toml offers besides, such as EXTRAS=postgres; what requirements.lock names keeps its version.
EXTRAS ?=
DO := $(VENV)/bin/python -m dagster_project

.DEFAULT_GOAL := help
.PHONY: help setup demo run dev sandbox plan undo retry move-state erase rules docs explain recompute preview test test-postgres test-spark test-snowflake spark lint bench bench-spark bench-latency lock clean

help:  ## List what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready $(EXTRAS:%=$(VENV)/.ready-%)  ## Make the virtual environment and install what requirements.lock names

$(VENV)/.ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed and $(PYTHON) is `$(PYTHON) --version 2>&1`: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up $(VENV) with `$(PYTHON) --version`; this takes a minute or two, once."
	@$(PYTHON) -m venv $(VENV) || { echo "The module venv is missing; on Debian: apt install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

EXTRA = import sys, tomllib; \
	extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
	print(*extras.get(sys.argv[1]) or sys.exit("There is no extra " + sys.argv[1] + "; there are: " + ", ".join(extras)), sep="\n")

$(VENV)/.ready-%: pyproject.toml $(VENV)/.ready
	@$(VENV)/bin/python -c '$(EXTRA)' $* > $@.txt
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -r $@.txt
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

move-state: setup  ## Move the state out of its SQLite file into a Postgres: make move-state TO=postgresql://…; without TO, it asks
	@$(DO) move-state $(if $(TO),--to "$(TO)")

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

# Whatever claims, remembers and finishes what was cut off; all of tests/crm and tests/outreach passes there too, in longer.
STATE_TESTS := tests/state tests/privacy/test_privacy_state.py tests/privacy/test_privacy_dagster_rows.py \
	tests/defs/test_dagster_in_postgres.py $(addprefix tests/outreach/test_outreach_,outbox.py outbox_machine.py \
	delivering.py kill.py put_back.py) $(addprefix tests/crm/test_crm_,assignments.py associations.py drift.py handoffs.py \
	handoffs_cut_off.py in_flight.py ledger.py lists_cut_off.py machine.py occurrences.py occurrences_cut_off.py portal.py \
	returns.py suppressed.py syncing.py)

# Whatever says of Postgres, as of an engine, that it does what DuckDB does.
ENGINE_TESTS := $(addprefix tests/engines/test_,carrying.py postgres_errors.py postgres_models.py postgres_spelling.py postgres_whole_job.py)

test: setup  ## Run all tests
	@$(VENV)/bin/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

test-postgres:  ## Run the tests of state and models with both in a Postgres (needs the programs of a server, such as initdb)
	@$(MAKE) --no-print-directory setup VENV=.venv-postgres EXTRAS=postgres
	@.venv-postgres/bin/python -m pytest -q --state postgres --numprocesses auto --maxprocesses 4 --dist loadfile $(STATE_TESTS) $(ENGINE_TESTS)

# Each in an environment of its own: fakesnow wants another parser than dagster-dbt. The warehouse is that of the sample.
CLOUDS := .venv-clouds
FAKESNOW := .venv-fakesnow

test-snowflake: setup  ## Check what can be checked of Snowflake and BigQuery without an account: docs/engines.md says what
	@test -d $(CLOUDS) || { $(PYTHON) -m venv $(CLOUDS) && $(CLOUDS)/bin/python -m pip install --quiet --disable-pip-version-check \
		'dbt-core>=1.11,<1.12' 'dbt-snowflake>=1.12,<1.13' 'dbt-bigquery>=1.12,<1.13' 'sqlglot>=30,<31'; }
	@test -d $(FAKESNOW) || { $(PYTHON) -m venv $(FAKESNOW) && $(FAKESNOW)/bin/python -m pip install --quiet --disable-pip-version-check \
		'dbt-core>=1.11,<1.12' 'dbt-snowflake>=1.12,<1.13' 'fakesnow==0.12.1'; }
	@$(CLOUDS)/bin/python -m tests.engines.clouds.compiled
	@$(VENV)/bin/python -m tests.engines.clouds.sample_warehouse $(FAKESNOW)/sample.duckdb
	@$(FAKESNOW)/bin/python -m tests.engines.clouds.on_fakesnow $(FAKESNOW)/sample.duckdb

spark:  ## Start a Spark cluster on this machine, a master and two workers, until Ctrl-C (needs Java 17); PORT=7077
	@$(MAKE) --no-print-directory setup VENV=.venv-spark EXTRAS=spark
	@.venv-spark/bin/python -m dagster_project.engines.standalone $(if $(PORT),--port "$(PORT)")

test-spark:  ## Build the sample and a real log on DuckDB and on Spark and compare every mart (needs Java 17)
	@java -version > /dev/null 2>&1 || { echo "There is no Java here, and Spark needs it: install Java 17 (a JRE is enough)."; exit 1; }
	@$(MAKE) --no-print-directory setup VENV=.venv-spark EXTRAS=spark
	@# A Java process of up to 4 GB each: no more than two at a time.
	@.venv-spark/bin/python -m pytest -q --numprocesses auto --maxprocesses 2 --dist loadfile tests/engines

lint: setup  ## Check style, formatting and the rule files
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(DO) rules > /dev/null

bench: setup  ## Measure ingest, scoring, diff and sync on made-up data; BENCH_ONLY=scoring measures one
	@# Beside the environment and not in it: DuckDB and Dagster import pandas wherever they find it, which takes a second.
	@test -d $(VENV)/bench || $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--target $(VENV)/bench 'pandas>=3.1,<4'
	@$(VENV)/bin/python -m tests.bench

bench-spark:  ## Measure what a build costs by the number of events, on DuckDB and on Spark (needs Java 17); docs/capacity.md
	@$(MAKE) --no-print-directory setup VENV=.venv-spark EXTRAS=spark
	@BENCH_ONLY=capacity .venv-spark/bin/python -m tests.bench

bench-latency: setup  ## Measure from an event file's landing to HubSpot and Slack, as `make dev` runs it, with 100,000 users
	@BENCH_ONLY=latency $(VENV)/bin/python -m tests.bench

lock: setup  ## Renew requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock

clean:  ## Remove the environment and what tools left behind; data/ stays, it holds what HubSpot acknowledged
	@rm -rf $(VENV) dbt_project/target dbt_project/logs logs .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Clean. To forget the demo too: rm -rf data"
