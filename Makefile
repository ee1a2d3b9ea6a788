# Two commands matter: `make up` and `make test`. Both make .venv first, from requirements.lock; nothing else is needed.
# ARGS are passed on: make up ARGS="--panels 20", make test ARGS="tests/deploy -x".

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := workflows activities ingest api ui_flutter migrations deploy
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14

# Debian takes ensurepip out of its Python. The system's own pip, or virtualenv, then does what it would have done; no root.
make_venv = { $(1) -m venv --clear $(VENV) >/dev/null 2>&1 \
	|| { $(1) -m venv --clear --without-pip $(VENV) && $(1) -m pip --python $(BIN)/python install --quiet pip; } \
	|| $(1) -m virtualenv --clear $(VENV); }
NO_VENV := "This Python can make no virtual environment. As root: apt install python3-venv. Without root: download virtualenv.pyz \
(virtualenv as one file), then run: python3 virtualenv.pyz $(VENV) && make up"

.PHONY: help up test check audit fuzz bench lock
.DEFAULT_GOAL := help

help:  ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1 \t/p' $(MAKEFILE_LIST)

up: $(READY)  ## Start everything on this machine; Ctrl-C stops it, the data stays in .stam
	@$(BIN)/stam up $(ARGS)

test: $(READY)  ## Run all tests, on real servers of their own: three files at a time, then the kills alone
ifdef ARGS
	@$(BIN)/pytest $(ARGS)
else
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.support.suite -n 3 --dist loadfile --durations 40 -m "not chaos"
	@$(BIN)/python -m tests.support.suite -m chaos
endif

check: $(READY)  ## ruff, mypy --strict, import-linter, bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) tests
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml $(PACKAGES)

audit: $(READY)  ## Look for known vulnerabilities in what requirements.lock names (asks pypi.org)
	$(BIN)/uv tool run pip-audit --disable-pip --require-hashes --requirement requirements.lock

fuzz: $(READY)  ## Try the API as everybody, with many random requests of each kind: make fuzz EXAMPLES=500
	@STAM_FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/pytest tests/api/test_contract.py $(ARGS)

bench: $(READY)  ## Measure; results go into docs/benchmarks.md
	@$(BIN)/stam bench $(ARGS)

lock: $(READY)  ## Renew requirements.lock from pyproject.toml, with hashes, for every supported Python and platform
	@$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.lock
	@! grep -nE '://|@ |^-|index|find-links' requirements.lock || { echo "requirements.lock names a host or a path."; exit 1; }

$(READY): requirements.lock pyproject.toml
	@python=; for candidate in $(PYTHONS); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11 or newer was found (tried: $(PYTHONS)). Install one, for example: apt install python3 python3-venv"; exit 1; \
	fi; \
	if [ ! -x $(BIN)/pip ]; then \
		echo "Making $(VENV) with $$($$python --version)"; \
		$(call make_venv,$$python) || { echo $(NO_VENV); exit 1; }; \
	fi
	@echo "Installing what requirements.lock names (once, some minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
