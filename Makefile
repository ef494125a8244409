# GNU make and a POSIX shell; every path is relative, so the checkout may stand anywhere.
.POSIX:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Every program that a test starts would be compiled anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
PORT ?= 8000
# PYTEST_ARGS='-n 0 -k telegram' to look at something closely. Three on two cores: many tests wait
# for programs that they started, and one more would only load everything once more. Without
# --by-turns what only uses a database runs on SQLite and on PostgreSQL (docs/adr/0003).
PYTEST_ARGS ?= -n 3 --dist worksteal --by-turns
# BENCH_ARGS='--rounds 5' for a quick look
BENCH_ARGS ?= --profile
VENV := .venv
BENCH := .venv-bench
BIN := $(VENV)/bin
PIP_ARGS := --disable-pip-version-check --no-input -qq
PIP := $(BIN)/python -m pip $(PIP_ARGS)

# A virtual environment holds absolute paths: one that was moved, copied or lost its Python is
# made anew.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat $(VENV)/python 2>/dev/null),$(CURDIR))
$(shell rm -f $(VENV)/python $(VENV)/runtime $(VENV)/project $(VENV)/dev)
endif

.PHONY: help setup setup-dev demo check test corpus bench screenshots lock clean

help:
	@echo 'make demo         set up and show everything on http://127.0.0.1:$(PORT)'
	@echo 'make test         set up, check and run every test, by turns on SQLite and PostgreSQL'
	@echo 'make bench        what it costs, beside others (benchmarks/README.md)'
	@echo 'make check        style, types and import rules only'
	@echo 'make setup        the runtime in $(VENV); make setup-dev adds the tools'
	@echo 'make corpus       how patients'"'"' replies are read, by question, language and channel'
	@echo 'make screenshots  pictures of the pages'
	@echo 'make lock         choose dependency versions anew (needs uv)'
	@echo 'make clean        remove $(VENV), $(BENCH) and caches'
	@echo 'PYTHON=python3.12 chooses the interpreter, PORT=8001 the port of the demo.'

setup: $(VENV)/runtime $(VENV)/project
	@:

setup-dev: setup $(VENV)/dev
	@:

demo: setup
	@exec $(BIN)/backtrace demo --port $(PORT)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -n 2
	$(BIN)/lint-imports

test: check
	$(BIN)/pytest $(PYTEST_ARGS)

corpus: setup-dev
	$(BIN)/python -m tests.corpus.report

bench: setup-dev $(BENCH)/peers
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

screenshots: setup-dev
	$(BIN)/python -m tests.screenshots

# LOCK_ARGS=--upgrade takes the newest versions that pyproject.toml allows.
lock:
	uv pip compile pyproject.toml --group build \
	    --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	    $(LOCK_ARGS) --output-file requirements.lock
	uv pip compile pyproject.toml --group build --group dev --constraint requirements.lock \
	    --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	    $(LOCK_ARGS) --output-file requirements-dev.lock
	uv pip compile --group bench \
	    --universal --python-version 3.11 --generate-hashes --no-header --quiet \
	    $(LOCK_ARGS) --output-file requirements-bench.lock

clean:
	rm -rf $(VENV) $(BENCH) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo 'Python 3.11 or newer is needed, and $(PYTHON) is' \
	        "`$(PYTHON) --version 2>&1 | head -n 1`. Choose another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo '$(PYTHON) cannot make virtual environments. On Debian and Ubuntu:' \
	        'apt-get install python3-venv' >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@printf '%s' '$(CURDIR)' >$@

$(VENV)/runtime: requirements.lock | $(VENV)/python
	@echo 'Installing what the assistant needs into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

# The build backend is in the lock, so the project itself installs without the network.
$(VENV)/project: pyproject.toml $(VENV)/runtime
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	@echo 'Installing the development tools into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# The peers' dependencies do not fit beside ours; the same Python runs both.
$(BENCH)/peers: requirements-bench.lock $(VENV)/python
	@echo 'Installing the peers into $(BENCH) ...'
	@rm -rf $(BENCH)
	@$(BIN)/python -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip $(PIP_ARGS) install --require-hashes -r requirements-bench.lock
	@touch $@
