"""Every command that writes: small work for it, in two variants that give different files."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.faults import work
from tests.support.cli import headless_environment
from tests.support.paths import ROOT

Arguments = Callable[[Path, Path, int], list[object]]

ENVIRONMENT = headless_environment(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", PYTHONHASHSEED="0")
TRAINING_STATE = ("run/latest", "run/settings.json", "run/history.csv", "run/state-*")
MATLAB_HEAD = 128
"""Bytes in which a .mat file says when it was made."""
OF_ITS_TIME = ("seconds", "host", "time", "images_per_second")
"""What a record says about the run rather than the result."""


@dataclass(frozen=True)
class Writer:
    """A command and some work for it.

    Attributes
    ----------
    name : str
    prepare : callable
        Writes the input into a folder.
    arguments : callable
        Of the folders of input and output and a variant, 0 or 1: script and flags.
    again : tuple of str
        Flags of a run that goes on where another stopped.
    network : bool
        Whether it needs TensorFlow, and thus seconds before it begins.
    growing : tuple of str
        Patterns of files that are whole at any moment, but say how far this run and those before it have come.
    refuses_others : bool
        It does not go on in a folder where another variant has begun.
    """

    name: str
    prepare: Callable[[Path], None]
    arguments: Arguments
    again: tuple[str, ...] = ()
    network: bool = False
    growing: tuple[str, ...] = ()
    refuses_others: bool = False

    def is_growing(self, name: str) -> bool:
        """Return whether a file says how far a run has come."""
        return any(fnmatch(name, pattern) for pattern in self.growing)

    def start(self, source: Path, out: Path, variant: int, again: bool = False) -> subprocess.Popen[str]:
        """Start the command in a process group of its own."""
        script, *flags = self.arguments(source, out, variant)
        return subprocess.Popen(
            [sys.executable, str(ROOT / str(script)), *map(str, flags), *(self.again if again else ())],
            cwd=source,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def finished_files(out: Path) -> dict[str, str]:
    """Return the finished files of a folder: name -> hash of what is in them, but for times.

    What is called partial or old, and what is hidden, is no finished file.
    """
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and not re.search(r"\.partial\b|\.old$|(^|/)\.|\.lock$|tfevents", name):
            found[name] = hashlib.sha256(_without_times(path)).hexdigest()
    return found


def _without_times(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".json":
        try:
            return json.dumps(_drop_times(json.loads(content)), sort_keys=True).encode()
        except ValueError:
            return content
    if path.suffix == ".mat":
        return content[MATLAB_HEAD:]
    if path.name == "history.csv":
        return b"\n".join(re.sub(rb"^((?:[^,]*,){5})[^,]*", rb"\1", line) for line in content.splitlines())
    return content


def _drop_times(value: object) -> object:
    if isinstance(value, dict):
        return {key: _drop_times(item) for key, item in value.items() if key not in OF_ITS_TIME}
    return [_drop_times(item) for item in value] if isinstance(value, list) else value


def _track(source: Path, out: Path, variant: int) -> list[object]:
    return ["deep_sort_app.py", "--sequence_dir", source / "SEQ-01", "--detection_file", source / "found.npy",
            "--output_file", out / "tracks.txt", "--display", "false",
            "--min_confidence", (0.3, 0.6)[variant]]  # fmt: skip


def _track_into_video(source: Path, out: Path, variant: int) -> list[object]:
    return ["deep_sort_app.py", "--sequence_dir", source / "mot" / "SEQ-01", "--detection_file", source / "found.npy",
            "--output_file", out / "tracks.txt", "--output_video", out / "tracks.mp4", "--display", "false",
            "--n_init", 3 + variant]  # fmt: skip


def _video(source: Path, out: Path, variant: int) -> list[object]:
    return ["tools/track_video.py", source / "mot" / "SEQ-01", "--detector", "finder:find",
            "--output_file", out / "tracks.txt", "--output_video", out / "tracks.avi",
            "--save_detections", out / "saved",
            "--min_confidence", (0.3, 0.6)[variant]]  # fmt: skip


def _detect(source: Path, out: Path, variant: int) -> list[object]:
    return ["tools/detect.py", "--mot_dir", source / "mot", "--detector", "finder:find", "--output_dir", out,
            "--min_confidence", (0.3, 0.6)[variant]]  # fmt: skip


def _training(source: Path, out: Path, variant: int) -> list[object]:
    return ["tools/train_descriptor.py", "train", "--dataset", "market1501", "--dataset_dir", source / "data",
            "--log_dir", out, "--run_id", "run", "--image_shape", 32, 16, "--small_epochs", 1, "--epochs", 2,
            "--batch_size", 8, "--seed", variant, "--save_minutes", 0]  # fmt: skip


WRITERS = (
    Writer("deep_sort_app", work.detections, _track),
    Writer("deep_sort_app --output_video", work.track_with_images, _track_into_video),
    Writer("evaluate", work.benchmark, lambda source, out, variant: [
        "evaluate_motchallenge.py", "--mot_dir", source / "mot", "--detection_dir", source / "detections",
        "--output_dir", out, "--jobs", 1, "--report", out / "report.html",
        "--max_cosine_distance", (0.2, 0.1)[variant]], ("--resume",), growing=("run.json",)),
    Writer("sweep", work.benchmark, lambda source, out, variant: [
        "tools/sweep.py", "--mot_dir", source / "mot", "--detection_dir", source / "detections",
        "--output_dir", out, "--jobs", 1, "--max_cosine_distance", *((0.1, 0.2), (0.15, 0.3))[variant]], ("--resume",),
        growing=("sweep.json",)),
    Writer("sweep --random", work.benchmark, lambda source, out, variant: [
        "tools/sweep.py", "--mot_dir", source / "mot", "--detection_dir", source / "detections", "--output_dir", out,
        "--jobs", 1, "--random", 3, "--folds", 2, "--seed", variant, "--max_cosine_distance", 0.1, 0.3], ("--resume",),
        growing=("sweep.json",)),
    Writer("evaluate --postprocess", work.benchmark, lambda source, out, variant: [
        "evaluate_motchallenge.py", "--mot_dir", source / "mot", "--detection_dir", source / "detections",
        "--output_dir", out, "--jobs", 1, "--smooth", 5 + variant, "--fill", 5], ("--resume",), growing=("run.json",)),
    Writer("generate_detections", work.images, lambda source, out, variant: [
        "tools/generate_detections.py", "--mot_dir", source / "mot", "--output_dir", out,
        "--detection_dir", source / ("mot", "other")[variant]], ("--resume",), network=True),
    Writer("track_video", work.film, lambda source, out, variant: [
        *_video(source, out, variant), "--model", "none"]),
    Writer("track_video with features", work.film_with_network, lambda source, out, variant: [
        *_video(source, out, variant), "--model", source / "tiny.xml"], network=True),
    Writer("detect", work.film, lambda source, out, variant: [*_detect(source, out, variant), "--overwrite"]),
    Writer("detect --resume", work.film, _detect, ("--resume",), refuses_others=True),
    Writer("generate_detections with OpenVINO", work.film_with_boxes, lambda source, out, variant: [
        "tools/generate_detections.py", "--mot_dir", source / "mot", "--output_dir", out, "--model",
        source / "tiny.xml", "--pixel_scale", (255, 128)[variant]], ("--resume",), network=True),
    Writer("postprocess", work.raw_results, lambda source, out, variant: [
        "tools/postprocess.py", "--result_dir", source / "results", "--output_dir", out, "--jobs", 1,
        "--min_length", (5, 500)[variant]], growing=("postprocess.json",)),
    Writer("postprocess one", work.raw_results, lambda source, out, variant: [
        "tools/postprocess.py", "--result_file", source / "results" / "SEQ-01.txt", "--output_file", out / "o.txt",
        "--min_length", (5, 500)[variant]]),
    Writer("import_detections", work.table, lambda source, out, variant: [
        "tools/import_detections.py", "--sequence_dir", source / "SEQ-01", "--detections",
        source / ("found.csv", "other.csv")[variant], "--output_file", out / "det.txt", "--overwrite"]),
    Writer("import_detections --features", work.film_with_table, lambda source, out, variant: [
        "tools/import_detections.py", "--sequence_dir", source / "mot" / "SEQ-01", "--detections",
        source / ("found.csv", "other.csv")[variant], "--output_file", out / "det.txt", "--overwrite",
        "--features", out / "SEQ-01.npy", "--model", source / "tiny.xml"], network=True),
    Writer("render_sequence", work.nothing, lambda source, out, variant: [
        "tools/render_sequence.py", out / "STREET-01", "--frames", 12, "--width", 160, "--height", 120,
        "--people", 4, "--seed", variant]),
    Writer("make_crowd", work.nothing, lambda source, out, variant: [
        "tools/make_crowd.py", out / "CROWD", "--frames", 300, "--people", 40, "--seed", variant]),
    Writer("make_report", work.results, lambda source, out, variant: [
        "tools/make_report.py", "--mot_dir", source / "mot", "--result_dir", source / ("results", "other")[variant],
        "--output_file", out / "report.html", "--title", "Report"]),
    Writer("generate_videos", work.results, lambda source, out, variant: [
        "generate_videos.py", "--mot_dir", source / "mot", "--result_dir", source / ("results", "other")[variant],
        "--output_dir", out, "--convert_h264"]),
    Writer("show_results", work.results, lambda source, out, variant: [
        "show_results.py", "--sequence_dir", source / "mot" / "SEQ-01", "--result_file",
        source / ("results", "other")[variant] / "SEQ-01.txt", "--output_file", out / "shown.avi"]),
    Writer("plot_descriptor", work.curves, lambda source, out, variant: [
        "tools/plot_descriptor.py", "curves", source / str(variant), "--output_file", out / "curves.png"]),
    Writer("plot_descriptor tracks", work.results, lambda source, out, variant: [
        "tools/plot_descriptor.py", "tracks", "--sequence_dir", source / "mot" / "SEQ-01", "--result_file",
        source / ("results", "other")[variant] / "SEQ-01.txt", "--rows", 1, "--output_file", out / "sheet.png"]),
    Writer("export", work.crops_with_network, lambda source, out, variant: [
        "tools/train_descriptor.py", "export", "--dataset_dir", source / "data", "--model",
        source / f"tiny-{variant}.xml", "--output_dir", out], network=True),
    Writer("freeze_model", work.checkpoints, lambda source, out, variant: [
        "tools/freeze_model.py", "--checkpoint_in", source / f"checkpoint-{variant}", "--graphdef_out",
        out / "network.pb", "--image_shape", 64, 32], network=True),
    Writer("train_descriptor", work.crops, _training, network=True, growing=TRAINING_STATE,
        refuses_others=True),
)  # fmt: skip
