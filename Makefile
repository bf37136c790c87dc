# One word for everything; each target first sets up what it needs in .venv. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PACKAGES := yqlink erpbridge bankbridge reconciliation treasury receipts payments ledger statements approvals masterdata desk audit bankadapters kernel
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=yqlink.settings.test
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
ASSETS := assets/dist/.stamp
SYSTEM := $(VENV)/.system

.PHONY: help setup demo manage test check walkthrough sim insider bench fuzz fix screenshots messages lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(RUNTIME): requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(RUN) -m pip install --quiet --disable-pip-version-check uv
	@echo "installing packages …"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -r requirements.txt
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.txt
	@echo "installing tools and test packages …"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -r requirements-dev.txt
	@touch $@

$(ASSETS): assets/package.json assets/package-lock.json assets/install.sh | $(RUNTIME)
	@bash assets/install.sh

$(SYSTEM): .ci/system-packages | $(RUNTIME)
	@bash .ci/system-packages
	@touch $@

setup: $(RUNTIME) $(DEV) $(ASSETS) $(SYSTEM) ## the environment in .venv

demo: $(RUNTIME) $(ASSETS) ## [STYLE=table] [BANKS=boc]: the whole platform on this machine, a demo group, the bank simulators and a finance system
	@exec $(RUN) -m yqlink.demonstration $(if $(STYLE),--style "$(STYLE)") $(if $(BANKS),--banks "$(BANKS)")

manage: $(RUNTIME) ## DO="verify_audit": a management command beside a running `make demo`, in its environment
	@$(RUN) -m yqlink.beside $(DO)

test: setup ## all tests
	@$(BIN)/pytest -n $${WORKERS:-3} --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## formats, lints, types, import contracts, migrations, translations, API schema, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(TEST_SETTINGS) $(RUN) manage.py makemigrations --check --dry-run
	$(RUN) -m tests.house.translations
	$(TEST_SETTINGS) $(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(BIN)/djlint templates --lint --quiet

walkthrough: $(RUNTIME) $(ASSETS) ## FILE=list.xlsx [FAULTS=name | BANKS=all | STYLE=api|db|file|tcp|table]: the whole job over HTTP in a temporary home
	@test -n "$(FILE)" || { echo "usage: make walkthrough FILE=payments.xlsx [FAULTS=name | BANKS=all | STYLE=api|db|file|tcp|table [PROFILE=u8|sap|generic]]"; exit 2; }
	@$(RUN) -m yqlink.$(if $(STYLE),walkerp --style "$(STYLE)" $(if $(PROFILE),--profile "$(PROFILE)"),walkthrough $(if $(BANKS),--banks "$(BANKS)")) --file "$(FILE)" $(if $(FAULTS),--faults "$(FAULTS)")

sim: $(DEV) $(ASSETS) ## SEED=n LIVES=n: crash the workers and cut the wires as often as one likes
	@$(RUN) -m tests.simulation.world --seed $${SEED:-1} --lives $${LIVES:-10}

insider: $(DEV) $(ASSETS) ## [ONLY=words,words]: attacks by whoever holds the database or the web host, as a table
	@$(RUN) -m tests.insider --only "$(ONLY)"

$(VENV)/.peers: benchmarks/peers.txt | $(DEV)
	@echo "installing what the benchmarks are measured beside …"
	@$(BIN)/uv pip install --quiet --target $(VENV)/peers -r benchmarks/peers.txt && touch $@ || echo "not to be had: the benchmarks run without them"

bench: $(DEV) $(VENV)/.peers ## the benchmarks, each beside its alternative
	@$(RUN) -m benchmarks

fuzz: $(DEV) ## [EXECUTIONS=n SEED=n]: damaged answers through every decoder of every bank, then long property runs
	@$(RUN) -m tests.bankadapters.fuzz.running --executions $${EXECUTIONS:-200000} --seed $${SEED:-1}
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -n $${WORKERS:-3} -k "property or machine or survives" $(ARGS)

screenshots: setup ## the pictures of the README
	@$(RUN) -m tests.browser.screenshots

fix: $(DEV) ## format and repair what tools can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(DEV) ## collect new texts into locale/en and compile
	@$(RUN) -m tests.house.translations --update

lock: $(RUNTIME) ## requirements*.txt from pyproject.toml
	$(BIN)/uv pip compile -q --no-header --annotation-style line pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --no-header --annotation-style line pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## forget caches (data in var/ and the environment stay)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage
