# The named commands. `make serve` needs git, make and Python 3.11 or newer, nothing else.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?= data
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python3.14; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: serve cohort test check notebooks bench vendor requirements python

serve: $(VENV)/.learner
	@$(BIN)/groundwork serve --host "$(HOST)" --port "$(PORT)" --data "$(DATA)"

# Accounts and cohorts: JupyterHub with the portal as its service (docs/operating.md).
cohort: $(VENV)/.cohort
	@GROUNDWORK_HOST="$(HOST)" GROUNDWORK_PORT="$(PORT)" GROUNDWORK_DATA="$(abspath $(DATA))" \
	  $(if $(ADMIN),GROUNDWORK_ADMIN="$(ADMIN)") $(if $(ORIGIN),GROUNDWORK_ORIGIN="$(ORIGIN)") deploy/cohort

# What CI runs, all of it.
test: $(VENV)/.developer
	@tests/run

check: $(VENV)/.learner
	@$(BIN)/groundwork check

# Live twins of the lessons: .ipynb files in which each self-check is a widget.
notebooks: $(VENV)/.learner
	@$(BIN)/groundwork notebooks

# What twenty questions weigh and how soon they answer, how long the book takes to build and
# what a lesson weighs, beside stock Jupyter Book; how fast is graded, beside stock nbgrader;
# how fast records are issued, checked and withdrawn; how a cohort at work is answered.
bench: $(VENV)/.developer
	@$(BIN)/python benchmarks/questions.py
	@$(BIN)/python benchmarks/building.py
	@$(BIN)/python benchmarks/weight.py
	@$(BIN)/python benchmarks/records.py
	@$(BIN)/python benchmarks/grading.py
	@$(BIN)/python benchmarks/cohort.py

# Third-party code that pages load, made anew from npm; needs Node, which nothing else here does.
vendor:
	cd src/groundwork/vendor && npm ci --silent --no-audit --no-fund && node refresh.mjs

# Exact versions, without any registry's address in them.
requirements: $(VENV)/.developer
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" --output-file requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" --extra dev --extra postgres --extra cohort --extra cluster --constraint requirements.txt --output-file tests/requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" --extra cohort --extra postgres --constraint tests/requirements.txt --output-file deploy/requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" --output-file tests/sphinx/requirements.txt tests/sphinx/requirements.in

python:
	@test -n "$(PYTHON)" || { echo "Groundwork needs Python 3.11 or newer; install it and run make again." >&2; exit 1; }

$(BIN)/python: | python
	@$(PYTHON) -m venv $(VENV) || { echo "Python could not make $(VENV); on Debian and Ubuntu, install python3-venv." >&2; exit 1; }

$(VENV)/.learner: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Groundwork needs into $(VENV) (once, a minute or two) …"
	@$(PIP) install --quiet --requirement requirements.txt
	@$(PIP) install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.cohort: deploy/requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what a cohort needs into $(VENV) (once, a few minutes) …"
	@$(PIP) install --quiet --requirement deploy/requirements.txt
	@$(PIP) install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.learner

$(VENV)/.developer: tests/requirements.txt requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) install --quiet --requirement tests/requirements.txt
	@$(PIP) install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.learner
