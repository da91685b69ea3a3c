# make run: the hub on this machine.   make test: every check.   make help: the rest.
.POSIX:
.PHONY: run test lint bench faults lock messages wheel clean help

VENV = .venv
BIN = $(VENV)/bin
ARGS =
PYTEST_ARGS =
# How many tests run at once, more than cores since many wait; 0 runs them in one process, as a debugger wants it.
JOBS = 5

run: $(VENV)/installed-run
	@unset PYTHONDONTWRITEBYTECODE; exec $(BIN)/hub serve $(ARGS)

test: $(VENV)/installed-test
	@sh .ci/test.sh $(BIN) $(JOBS) $(PYTEST_ARGS)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-test
	$(BIN)/python -m pytest -s -q -o faulthandler_timeout=0 -o python_files='bench_*.py' -o python_functions='bench_*' tests/bench $(PYTEST_ARGS)

faults: $(VENV)/installed-test
	$(BIN)/python -m pytest -s -v --show-capture=no -o faulthandler_timeout=0 -o python_files='fault_*.py' -o python_functions='fault_*' tests/faults $(PYTEST_ARGS)
	HUB_SOAK=1 $(BIN)/python -m pytest -q --forks 2 -m soak

# ARGS=--upgrade takes the newest releases that pyproject.toml allows.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header $(ARGS)
lock: $(VENV)/installed-test
	$(LOCK) --extra build --output-file requirements.lock pyproject.toml
	$(LOCK) --all-extras --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml

# Brings the catalogues up to date with the strings of pages and code.
messages: $(VENV)/installed-run
	$(BIN)/pybabel -q extract -F hub/locale/babel.cfg -k N_ --no-location --omit-header --sort-output -o hub/locale/hub.pot .
	$(BIN)/pybabel -q update -D hub -i hub/locale/hub.pot -d hub/locale --no-fuzzy-matching --omit-header --ignore-obsolete -w 118
	rm hub/locale/hub.pot

wheel: $(VENV)/installed-run
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

help:
	@echo 'make run      install once, then run the hub (ARGS="--port 9000" is handed to hub serve)'
	@echo 'make test     install what the tests need, then ruff, mypy, import-linter and pytest'
	@echo 'make lint     the same without pytest'
	@echo 'make bench    the benchmarks: figure, baseline, ratio, target'
	@echo 'make faults   kill it, fill the disk, cut the network: what is lost'
	@echo 'make lock     write requirements.lock and requirements-dev.lock anew (ARGS=--upgrade)'
	@echo 'make messages bring the translations up to date with the strings of pages and code'
	@echo 'make wheel    build dist/*.whl'
	@echo 'make clean    remove what was installed and built; data/ stays'

$(VENV)/installed-run: requirements.lock pyproject.toml
	@sh .ci/install.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/installed-test: requirements-dev.lock pyproject.toml
	@sh .ci/servers.sh & sh .ci/install.sh $(VENV) requirements-dev.lock; code=$$?; wait; exit $$code
	@touch $@ $(VENV)/installed-run
