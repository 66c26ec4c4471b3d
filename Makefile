# The ways to work with the cockpit. `make help` lists them; variables may follow: make run PORT=8080
.DEFAULT_GOAL := help
.PHONY: help run trouble test test-odoo test-deep bench check messages lock fmt clean
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv/bin
# What checks need to load the settings; they connect to nothing.
CHECK_ENV := SECRET_KEY=check DATABASE_URL=postgresql:///check DJANGO_SETTINGS_MODULE=cockpit.settings
COMPILE := .venv/tools/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet
CODE := cockpit approvals dashboards integrations delivery tests scripts manage.py

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

run: ## start everything on this machine and say where it is
	@$(PYTHON) scripts/environment.py runtime
	@exec $(VENV)/python -m cockpit.launch

trouble: ## give the simulated Odoo that runs trouble: WHICH=slow, away, errors; none ends it
	@$(VENV)/python -m integrations.odoo.sandbox.trouble $(WHICH)

test: ## every test that needs no foreign server (ARGS="-k clocks" chooses)
	@$(PYTHON) scripts/environment.py dev
	$(VENV)/python -m pytest tests -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-odoo: ## the live suite, once per transport, against ODOO_URL or a real Odoo that it starts
	@$(PYTHON) scripts/environment.py dev
	@status=0; for transport in $${ODOO_TRANSPORT:-json2 jsonrpc}; do \
	  echo "== the live suite over $$transport"; \
	  ODOO_TRANSPORT=$$transport $(VENV)/python -m pytest tests/live --timeout 900 $(ARGS) || status=1; \
	done; exit $$status

test-deep: ## properties and races, with many more rounds
	@$(PYTHON) scripts/environment.py dev
	DEEP=1 $(VENV)/python -m pytest tests -n 2 --dist loadfile --no-loadscope-reorder --timeout 1800 -m "deep" $(ARGS)

bench: ## figures against references and goals (ONLY=web chooses a section); takes minutes
	@$(PYTHON) scripts/environment.py dev
	@ONLY="$(ONLY)" SCALE="$(SCALE)" $(VENV)/python -W ignore -m tests.bench

check: ## format, lint, types, floors, templates, migrations and translations in step
	@$(PYTHON) scripts/environment.py dev
	$(VENV)/ruff format --check $(CODE)
	$(VENV)/ruff check $(CODE)
	$(VENV)/lint-imports
	$(VENV)/djlint --lint --quiet templates
	$(CHECK_ENV) $(VENV)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(VENV)/mypy
	$(VENV)/python scripts/catalogue.py check

messages: ## take new strings into locale/, say which have no translation yet, and compile
	@$(PYTHON) scripts/environment.py dev
	$(VENV)/python scripts/catalogue.py update

fmt: ## write the code the way `make check` wants it
	@$(PYTHON) scripts/environment.py dev
	$(VENV)/ruff format $(CODE)
	$(VENV)/ruff check --fix $(CODE)

lock: ## choose the newest allowed versions and write the lock files
	@$(PYTHON) scripts/environment.py dev
	$(COMPILE) --upgrade --group tools -o requirements-uv.lock
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove what can be made again; never the data in .cockpit
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
