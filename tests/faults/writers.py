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

import numpy as np

from tests.support.cli import headless_environment
from tests.support.crops import make_market
from tests.support.encoding import make_boxed_sequence
from tests.support.paths import GOLDEN, ROOT
from tests.support.sequences import Benchmark, make_sequence, noise_image, walk, write_results

Arguments = Callable[[Path, Path, int], list[object]]

ENVIRONMENT = headless_environment(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", PYTHONHASHSEED="0")
TRAINING_STATE = ("run/latest", "run/settings.json", "run/history.csv", "run/state-*")
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
    if path.name == "history.csv":
        return b"\n".join(re.sub(rb"^((?:[^,]*,){5})[^,]*", rb"\1", line) for line in content.splitlines())
    return content


def _drop_times(value: object) -> object:
    if isinstance(value, dict):
        return {key: _drop_times(item) for key, item in value.items() if key not in OF_ITS_TIME}
    return [_drop_times(item) for item in value] if isinstance(value, list) else value


# What they work on


def _detections(source: Path) -> None:
    """A crowd that comes again and again, so that there is time to be killed in."""
    rows = np.load(GOLDEN / "crowded.npy")
    length = int(rows[:, 0].max())
    repeated = [rows + np.eye(1, rows.shape[1])[0] * length * turn for turn in range(4)]
    make_sequence(source / "SEQ-01", [], frame_rate=25)
    np.save(source / "found.npy", np.concatenate(repeated))


def _benchmark(source: Path) -> None:
    benchmark = Benchmark(source)
    for number, golden in enumerate(("walkers", "crowded", "walkers"), start=1):
        benchmark.add(f"SEQ-{number:02d}", golden)


def _results(source: Path) -> None:
    for number in (1, 2):
        make_sequence(source / "mot" / f"SEQ-{number:02d}", 15, (120, 160), image=noise_image)
        for folder, step in (("results", 4.0), ("other", 5.0)):
            rows = walk(15, 1, (10.0, 30.0), step) + walk(15, 2, (100.0, 60.0), -step)
            write_results(source / folder / f"SEQ-{number:02d}.txt", rows)


def _table(source: Path) -> None:
    make_sequence(source / "SEQ-01", [], frame_rate=25, length=20_000)
    for name, left in (("found", 5), ("other", 6)):
        rows = "".join(f"{frame},{left},6.5,25,36,0.75\n" for frame in range(1, 20_001))
        (source / f"{name}.csv").write_text("frame,xmin,ymin,xmax,ymax,score\n" + rows)


def _images(source: Path) -> None:
    for number in (1, 2):
        sequence = make_boxed_sequence(source / "mot", f"SEQ-{number:02d}", frames=range(1, 60))
        other = source / "other" / sequence.name / "det" / "det.txt"
        other.parent.mkdir(parents=True)
        other.write_text((sequence / "det" / "det.txt").read_text().replace("20,20,8,16,", "20,20,10,16,"))


def _crops(source: Path) -> None:
    make_market(source / "data", people=4, each=4)


def _curves(source: Path) -> None:
    head = "step,epoch,height,learning_rate,loss,images_per_second,rank1,mAP\n"
    for run in ("0", "1"):
        (source / run).mkdir()
        rows = (f"{10 * n},{n},64,0.001,{5 / n + int(run)},80,0.5,0.4\n" for n in range(1, 50))
        (source / run / "history.csv").write_text(head + "".join(rows))


def _checkpoints(source: Path) -> None:
    from tools.reid.weights import initial_variables, save_variables

    for variant in (0, 1):
        save_variables(source / f"checkpoint-{variant}", initial_variables((64, 32), 3, seed=variant))


def _nothing(source: Path) -> None:
    pass


def _track(source: Path, out: Path, variant: int) -> list[object]:
    return ["deep_sort_app.py", "--sequence_dir", source / "SEQ-01", "--detection_file", source / "found.npy",
            "--output_file", out / "tracks.txt", "--display", "false",
            "--min_confidence", (0.3, 0.6)[variant]]  # fmt: skip


def _track_into_video(source: Path, out: Path, variant: int) -> list[object]:
    return ["deep_sort_app.py", "--sequence_dir", source / "mot" / "SEQ-01", "--detection_file", source / "found.npy",
            "--output_file", out / "tracks.txt", "--output_video", out / "tracks.mp4", "--display", "false",
            "--n_init", 3 + variant]  # fmt: skip


def _track_with_images(source: Path) -> None:
    _results(source)
    rows = np.full((30, 14), 0.5)
    rows[:, 0] = np.arange(30) % 15 + 1
    rows[:, 2:7] = 30, 20, 20, 40, 1
    rows[15:, 2] = 80 + 2 * rows[15:, 0]
    np.save(source / "found.npy", rows)


def _training(source: Path, out: Path, variant: int) -> list[object]:
    return ["tools/train_descriptor.py", "train", "--dataset", "market1501", "--dataset_dir", source / "data",
            "--log_dir", out, "--run_id", "run", "--image_shape", 32, 16, "--small_epochs", 1, "--epochs", 2,
            "--batch_size", 8, "--seed", variant, "--save_minutes", 0]  # fmt: skip


WRITERS = (
    Writer("deep_sort_app", _detections, _track),
    Writer("deep_sort_app --output_video", _track_with_images, _track_into_video),
    Writer("evaluate", _benchmark, lambda source, out, variant: [
        "evaluate_motchallenge.py", "--mot_dir", source / "mot", "--detection_dir", source / "detections",
        "--output_dir", out, "--jobs", 1, "--report", out / "report.html",
        "--max_cosine_distance", (0.2, 0.1)[variant]], ("--resume",), growing=("run.json",)),
    Writer("sweep", _benchmark, lambda source, out, variant: [
        "tools/sweep.py", "--mot_dir", source / "mot", "--detection_dir", source / "detections",
        "--output_dir", out, "--jobs", 1, "--max_cosine_distance", *((0.1, 0.2), (0.15, 0.3))[variant]], ("--resume",),
        growing=("sweep.json",)),
    Writer("generate_detections", _images, lambda source, out, variant: [
        "tools/generate_detections.py", "--mot_dir", source / "mot", "--output_dir", out,
        "--detection_dir", source / ("mot", "other")[variant]], ("--resume",), network=True),
    Writer("import_detections", _table, lambda source, out, variant: [
        "tools/import_detections.py", "--sequence_dir", source / "SEQ-01", "--detections",
        source / ("found.csv", "other.csv")[variant], "--output_file", out / "det.txt", "--overwrite"]),
    Writer("render_sequence", _nothing, lambda source, out, variant: [
        "tools/render_sequence.py", out / "STREET-01", "--frames", 12, "--width", 160, "--height", 120,
        "--people", 4, "--seed", variant]),
    Writer("make_crowd", _nothing, lambda source, out, variant: [
        "tools/make_crowd.py", out / "CROWD", "--frames", 300, "--people", 40, "--seed", variant]),
    Writer("make_report", _results, lambda source, out, variant: [
        "tools/make_report.py", "--mot_dir", source / "mot", "--result_dir", source / ("results", "other")[variant],
        "--output_file", out / "report.html", "--title", "Report"]),
    Writer("generate_videos", _results, lambda source, out, variant: [
        "generate_videos.py", "--mot_dir", source / "mot", "--result_dir", source / ("results", "other")[variant],
        "--output_dir", out, "--convert_h264"]),
    Writer("show_results", _results, lambda source, out, variant: [
        "show_results.py", "--sequence_dir", source / "mot" / "SEQ-01", "--result_file",
        source / ("results", "other")[variant] / "SEQ-01.txt", "--output_file", out / "shown.avi"]),
    Writer("plot_descriptor", _curves, lambda source, out, variant: [
        "tools/plot_descriptor.py", "curves", source / str(variant), "--output_file", out / "curves.png"]),
    Writer("freeze_model", _checkpoints, lambda source, out, variant: [
        "tools/freeze_model.py", "--checkpoint_in", source / f"checkpoint-{variant}", "--graphdef_out",
        out / "network.pb", "--image_shape", 64, 32], network=True),
    Writer("train_descriptor", _crops, _training, network=True, growing=TRAINING_STATE,
        refuses_others=True),
)  # fmt: skip
