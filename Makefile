# make demo   from pixels to tracks, scores, a video and a report
# make test   the test suite
# make quick  what of it takes less than half a minute
# make lint   style and types
# make fuzz   broken files for every reader, 10 minutes
# make kill   every command that writes: killed, out of space, two at once (as root: full disks too)
# make versions  recorded results and quick tests with old and new Python, NumPy, SciPy and OpenCV
# make docs   the documentation, in site/
# make package  the wheel, in dist/
# make bench  speed of the tracker against deep-sort-realtime and trackforge
# Each makes its own .venv on first use.

PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test quick lint docs package fuzz kill versions bench clean

demo: .venv/ready-all
	$(BIN)/python tools/render_sequence.py demo_output/MOT/STREET-01 --seed 4
	$(BIN)/python tools/generate_detections.py --mot_dir demo_output/MOT --output_dir demo_output/detections
	$(BIN)/python deep_sort_app.py --sequence_dir demo_output/MOT/STREET-01 \
		--detection_file demo_output/detections/STREET-01.npy --output_file demo_output/results/STREET-01.txt \
		--min_confidence 0.3 --nn_budget 100 --display False
	$(BIN)/python evaluate_motchallenge.py --mot_dir demo_output/MOT --output_dir demo_output/results
	$(BIN)/python generate_videos.py --mot_dir demo_output/MOT --result_dir demo_output/results \
		--output_dir demo_output/videos --convert_h264 True
	$(BIN)/python tools/make_report.py --mot_dir demo_output/MOT --result_dir demo_output/results \
		--video_dir demo_output/videos --detection_dir demo_output/detections --output_file demo_output/report.html
	@echo "video:  demo_output/videos/STREET-01.mp4"
	@echo "report: demo_output/report.html"

test: .venv/ready-test
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile $(ARGS)

quick: .venv/ready-test
	$(BIN)/python -m pytest -q -n auto --maxprocesses 8 -m 'not slow and not shared' $(ARGS)

lint: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: .venv/ready-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fuzz: .venv/ready-test
	$(BIN)/python -m tests.fuzz --seconds 600 $(ARGS)

kill: .venv/ready-test
	$(BIN)/python -m tests.faults kill disk two --rounds 10 $(ARGS)

versions:
	$(PYTHON) -m tests.versions $(ARGS)

package: .venv/ready-test
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/python -m zipfile --list dist/deep_sort-*.whl | grep 'resources/networks/LICENSE' >/dev/null
	$(BIN)/python -m zipfile --list dist/deep_sort-*.whl | grep 'report/page.css' >/dev/null
	$(BIN)/python -m zipfile --list dist/deep_sort-*.whl | grep 'report/page.js' >/dev/null

bench: .venv/ready-bench
	$(BIN)/python benchmarks/tracker_speed.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready: setup.py | .venv/bin/python
	$(PIP) --editable .
	$(BIN)/python -c 'import cv2' 2>/dev/null || $(PIP) --force-reinstall --no-deps opencv-python-headless # no libGL here
	touch $@

.venv/ready-all: .venv/ready
	$(PIP) --editable '.[all]'
	touch $@

.venv/ready-test: .venv/ready-all
	$(PIP) --editable '.[test,lint]'
	touch $@

.venv/ready-docs: .venv/ready-all
	$(PIP) --editable '.[docs]'
	touch $@

.venv/ready-bench: .venv/ready
	$(PIP) --editable '.[bench,test]'
	touch $@

clean:
	rm -rf .venv demo_output site build *.egg-info
