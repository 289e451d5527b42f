# One environment in $(VENV), made on first use and made again when pyproject.toml changes.
# Needs python3 (3.11 or later, with venv) and make; another interpreter: make test PYTHON=python3.13

PYTHON ?= python3
VENV   ?= .venv

BIN  := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY   := $(BIN)/python
PIP  := $(PY) -m pip --disable-pip-version-check --quiet
DEMO := tests/demo/barn.jpg
# Servers with decoders that are tested.
STACKS := kserve mlflow mlserver ray sagemaker
OUT  := out/demo

.DEFAULT_GOAL := help
.PHONY: help demo test interpreters newest tests-newest cover lint types docs dist lowest slow long fuzz check parity stacks $(STACKS:%=stacks-%) runtimes bench bench-peers format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | sed 's/$$(VENV)/$(VENV)/' | expand -t 14

demo: $(VENV)/installed ## validate a JPEG, convert it, validate the result
	@printf '\n$$ sm-imgcheck validate $(DEMO) -s pillow-rgb-01\n\n'
	@$(BIN)/sm-imgcheck validate $(DEMO) -s pillow-rgb-01 || test $$? -eq 1
	@printf '\nExit code 1: the JPEG does not match the spec. The plan that fixes it:\n'
	@printf '\n$$ sm-imgcheck plan $(DEMO) -s pillow-rgb-01\n\n'
	@$(BIN)/sm-imgcheck plan $(DEMO) -s pillow-rgb-01
	@printf '\n$$ sm-imgcheck convert $(DEMO) -s pillow-rgb-01 -o $(OUT) --force --quiet\n'
	@$(BIN)/sm-imgcheck convert $(DEMO) -s pillow-rgb-01 -o $(OUT) --force --quiet
	@printf '\n$$ python -c "..."    # numpy.load, then print\n\n'
	@$(PY) -c 'import numpy; x = numpy.load("$(OUT)/barn.npy"); print(x.dtype, x.shape, x.min(), "to", x.max())'
	@printf '\n$$ sm-imgcheck validate $(OUT)/barn.npy -s pillow-rgb-01\n\n'
	@$(BIN)/sm-imgcheck validate $(OUT)/barn.npy -s pillow-rgb-01
	@printf '\nExit code 0: the tensor matches the spec.\n'

# Three processes on two cores: a quarter of the time is waiting for processes that tests start.
test: $(VENV)/developed ## the test suite, on two cores
	$(PY) -m pytest -n 3 --dist worksteal

interpreters: $(VENV)/developed ## the test suite with every other Python 3.11 to 3.14 here; for root, also as another user
	$(PY) tests/interpreters.py

newest: $(VENV)/developed ## the report, pipeline and spec tests on the newest Python here on which the project installs
	$(PY) tests/interpreters.py --newest

NEWEST ?= $(VENV)-newest
NEWEST_PY := $(NEWEST)/$(notdir $(BIN))/python

tests-newest: # for tests/interpreters.py
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST_PY) -m pip install --quiet 'pip>=25.1'
	$(NEWEST_PY) -m pip install --quiet --editable . --group lowest
	@touch $(NEWEST)/installed
	$(NEWEST_PY) -m pytest tests/report tests/spec tests/cli/test_gate.py tests/cli/test_adoption.py

cover: $(VENV)/developed ## the same with branch coverage and more random examples
	$(PY) -m pytest -n 2 --dist worksteal --cov --hypothesis-profile thorough

lint: $(VENV)/developed ## ruff: rules and format; words of code, messages and comments
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) tests/promises/language.py sm_imgcheck tests

types: $(VENV)/developed ## mypy, strict
	$(PY) -m mypy

docs: $(VENV)/developed ## update the generated parts of README and manual: outputs, tables, rule pages, image
	$(PY) tests/support/readme.py

# The time of the last commit makes archives that are equal, byte for byte, whenever and wherever they are built.
dist: $(VENV)/developed ## build the wheel and the source archive twice, compare them, and check their metadata
	rm -rf dist build/again
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PY) -m build --outdir dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PY) -m build --wheel --outdir build/again
	cmp dist/*.whl build/again/*.whl
	$(PY) -m twine check --strict dist/*

lowest: ## the report, pipeline and spec tests with every dependency at its lower bound
	$(PYTHON) tests/support/lowest.py > $(VENV)-lowest.txt
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/$(notdir $(BIN))/python -m pip install --quiet 'pip>=25.1'
	$(VENV)-lowest/$(notdir $(BIN))/python -m pip install --quiet --editable . --group lowest --constraint $(VENV)-lowest.txt
	$(VENV)-lowest/$(notdir $(BIN))/python -m pytest tests/report tests/spec tests/cli/test_gate.py tests/cli/test_adoption.py \
	  -W "ignore:'click.:DeprecationWarning" # typer 0.20 uses names that click deprecated later

slow: $(VENV)/developed ## the longer checks: the whole corpus, stored results of the real libraries
	$(PY) -m pytest -n 2 -m slow

long: $(VENV)/clustered ## the longest checks: 50,000 images, a million files, kills, a Ray cluster of two nodes
	$(PY) -m pytest -m long --durations=0

fuzz: $(VENV)/developed ## mutate images, tensors, bodies, journals, specs, lists, logs: FUZZ="--seed 2 --executions 200000"
	PYTHONPATH=tests:tests/support $(PY) -m fuzz $(FUZZ)

check: lint types cover slow ## what CI runs, without the longest tests

parity: $(VENV)-parity/installed ## install the real libraries in $(VENV)-parity and compare again (downloads gigabytes)
	PYTHONPATH=tests:tests/support $(VENV)-parity/$(notdir $(BIN))/python -m parity.compare
	PYTHONPATH=tests:tests/support $(VENV)-parity/$(notdir $(BIN))/python -m parity.imports
	PYTHONPATH=tests:tests/support $(VENV)-parity/$(notdir $(BIN))/python -m parity.identify tests/demo/barn.jpg

stacks: $(STACKS:%=stacks-%) ## our request bodies against the decoders of the servers (downloads gigabytes); stacks-ray: of one

$(STACKS:%=stacks-%): stacks-%: $(VENV)-stacks-%/installed
	$(VENV)-stacks-$*/$(notdir $(BIN))/python -m pytest tests/serving/test_server_decoders.py

runtimes: $(VENV)/developed $(VENV)-runtimes/installed ## models of TorchScript, SavedModel, Keras and OpenVINO (downloads gigabytes)
	SM_IMGCHECK_RUNTIMES=$(abspath $(VENV)-runtimes)/$(notdir $(BIN))/python \
	  $(PY) -m pytest tests/features/discover/test_frameworks.py

bench: $(VENV)/installed ## print measurements and targets
	$(PY) tests/bench/startup.py
	$(PY) tests/bench/payload_start.py
	$(PY) tests/bench/payload_speed.py
	$(PY) tests/bench/json_speed.py
	$(PY) tests/bench/throughput.py
	$(PY) tests/bench/memory.py
	$(PY) tests/bench/parallel.py
	$(PY) tests/bench/decode_rate.py
	$(PY) tests/bench/combined.py
	$(PY) tests/bench/listing.py
	$(PY) tests/bench/scale.py
	$(PY) tests/bench/memory_tree.py
	$(PY) tests/bench/handler.py
	$(PY) tests/bench/report_formats.py

bench-peers: $(VENV)/installed $(VENV)-peers/installed ## measure `convert` against the plain loops of six libraries (downloads gigabytes)
	$(PY) tests/bench/peers.py $(abspath $(VENV)-peers)/$(notdir $(BIN))/python

format: $(VENV)/developed ## format the code with ruff
	$(PY) -m ruff check --fix-only
	$(PY) -m ruff format

clean: ## remove everything that make creates
	rm -rf $(VENV) $(VENV)-parity $(VENV)-stacks-* $(VENV)-runtimes $(VENV)-peers $(VENV)-lowest $(VENV)-lowest.txt out build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "needs Python 3.11 or later: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	@touch $@

$(VENV)-parity/installed: pyproject.toml tests/parity/requirements.txt
	$(PYTHON) -m venv $(VENV)-parity
	$(VENV)-parity/$(notdir $(BIN))/python -m pip install --editable . --requirement tests/parity/requirements.txt
	@touch $@

$(VENV)-stacks-%/installed: pyproject.toml
	$(PYTHON) -m venv $(@D)
	$(@D)/$(notdir $(BIN))/python -m pip install --quiet 'pip>=25.1'
	$(@D)/$(notdir $(BIN))/python -m pip install --quiet --editable . --group stacks-$*
	@touch $@

$(VENV)-peers/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/$(notdir $(BIN))/python -m pip install --quiet 'pip>=25.1'
	$(VENV)-peers/$(notdir $(BIN))/python -m pip install --quiet --group peers
	@touch $@

$(VENV)-runtimes/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)-runtimes
	$(VENV)-runtimes/$(notdir $(BIN))/python -m pip install --quiet 'pip>=25.1'
	$(VENV)-runtimes/$(notdir $(BIN))/python -m pip install --quiet --group runtimes
	@touch $@

# pip has --group since 25.1; Python 3.11 to 3.13 come with older versions.
$(VENV)/developed: $(VENV)/installed
	$(PIP) install 'pip>=25.1'
	$(PIP) install --editable . --group dev
	@touch $@

$(VENV)/clustered: $(VENV)/developed
	$(PIP) install --group long
	@touch $@
