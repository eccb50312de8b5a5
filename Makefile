# make demo   the main job on an example: what it does is in the README
# make test   the test suite
# make lint   style and types
# make bench  speed of the tracker against deep-sort-realtime
# Each makes its own .venv on first use.

PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint bench clean

demo: .venv/ready
	$(BIN)/python tools/make_crowd.py demo_output/crowd --people 20 --frames 200
	$(BIN)/python deep_sort_app.py --sequence_dir demo_output/crowd --detection_file demo_output/crowd/crowd.npy \
		--output_file demo_output/crowd.txt --min_confidence 0.3 --nn_budget 100 --display False

test: .venv/ready-test
	$(BIN)/python -m pytest $(ARGS)

lint: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready-bench
	$(BIN)/python benchmarks/tracker_speed.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready: setup.py | .venv/bin/python
	$(PIP) --editable .
	$(BIN)/python -c 'import cv2' 2>/dev/null || $(PIP) --force-reinstall --no-deps opencv-python-headless # no libGL here
	touch $@

.venv/ready-test: .venv/ready
	$(PIP) --editable '.[all,test,lint]'
	touch $@

.venv/ready-bench: .venv/ready
	$(PIP) --editable '.[bench,test]'
	touch $@

clean:
	rm -rf .venv demo_output build *.egg-info
