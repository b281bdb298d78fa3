# Everything a newcomer needs. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# where it is set, every process of the tests would compile all of the code anew
unexport PYTHONDONTWRITEBYTECODE

# the tests write and flush a great many small files: memory will do, where there is plenty
SHM := $(shell test -w /dev/shm && df -Pk /dev/shm | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')

.PHONY: help demo test check browser strace chaos bench mutants witness clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.run: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Duewell needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing Duewell into $(VENV) (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --require-hashes -r requirements/run.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "Installing what the tests need (once) …"
	@$(BIN)/pip install --quiet --require-hashes -r requirements/dev.lock
	@$(BIN)/pytest --collect-only -q >/dev/null || true  # compiles the tests once, not in each of four processes
	@touch $@

demo: $(VENV)/.run  ## Tell the whole story on this machine, with three local platforms
	@$(BIN)/duewell demo

browser:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || { command -v apt-get >/dev/null && { echo "Installing Chromium for the browser tests (once) …"; apt-get update -qq && for found in chromium-headless-shell chromium; do DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$found fonts-dejavu-core >/dev/null && break; done; }; } || { test -z "$(CI)" && echo "No Chromium and no way to install it: the browser tests will be skipped."; }

strace:
	@command -v strace >/dev/null || { command -v apt-get >/dev/null && { echo "Installing strace for the kill matrix (once) …"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace >/dev/null; }; } || { test -z "$(CI)" && echo "No strace and no way to install it: the tests that kill a dispatch at its system calls will be skipped."; }

test: $(VENV)/.dev browser strace  ## Run every test: units, contracts, stories, both databases, a browser
	@$(SHM) $(BIN)/pytest -q -n 4 --dist worksteal

check: $(VENV)/.dev  ## Lint, types, layers and the house's sizes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy && $(BIN)/mypy tests
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/house

MINUTES ?= 5
chaos: $(VENV)/.dev strace  ## For MINUTES=n: every fault, workers killed at any system call, both databases; SEED=n replays one
	@$(BIN)/python -m tests.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

bench: $(VENV)/.dev  ## Measure against the floor and against peers; prints one table
	@$(BIN)/python -m bench $(BENCH)

mutants: $(VENV)/.dev  ## Spoil the judgement a line at a time and count what the tests notice; takes an hour
	@$(BIN)/pip install --quiet --require-hashes -r requirements/mutants.lock
	@$(BIN)/python -m bench.mutants

witness: $(VENV)/.dev  ## Let foreign clients read the sandbox, and compare record by record
	@$(BIN)/python -m sandbox.witness $(WITNESS)

clean:  ## Remove what was installed and built
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
