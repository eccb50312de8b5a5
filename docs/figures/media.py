"""Make the pictures of README and documentation from the demo's street: python docs/figures/media.py [FOLDER].

The street is rendered twice as large as in the demo, tracked, and drawn by the project's own commands. FOLDER gets
the files of these steps (default: out/media); pictures go to docs/. Chromium photographs the report, if it is there.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

DOCS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(DOCS.parent))

ANIMATION_FRAMES = range(24, 128, 2)
STREET = "STREET-01"
STREET_LEVEL = slice(170, 540)
"""Rows of the animation, of 600: without sky and pavement."""


def command(module: str, *arguments: object) -> None:
    """Run a command of the project."""
    if importlib.import_module(module).main([str(each) for each in arguments]) != 0:
        raise SystemExit(f"{module} failed")


def track(work: Path) -> None:
    """Render, encode, track and score, into `work`."""
    command("tools.render_sequence", work / "MOT" / STREET, "--seed", 4, "--width", 1280, "--height", 960)
    command("tools.generate_detections", "--mot_dir", work / "MOT", "--output_dir", work / "detections",
        "--runtime", "openvino")  # fmt: skip
    command("evaluate_motchallenge", "--mot_dir", work / "MOT", "--detection_dir", work / "detections",
        "--output_dir", work / "results", "--jobs", 1)  # fmt: skip


def video(work: Path, name: str, *flags: object) -> list[NDArray[Any]]:
    """Draw the tracks; return the frames."""
    path = work / f"{name}.avi"
    command("show_results", "--sequence_dir", work / "MOT" / STREET, "--output_file", path, "--display", "false",
        "--result_file", work / "results" / f"{STREET}.txt", *flags)  # fmt: skip
    return list(_frames(path))


def _frames(path: Path) -> Iterator[NDArray[Any]]:
    source = cv2.VideoCapture(str(path))
    while True:
        there, frame = source.read()
        if not there:
            return
        yield np.asarray(frame, np.uint8)


def save_animation(frames: list[NDArray[Any]], path: Path) -> None:
    """Write an animated WebP picture."""
    images = [Image.fromarray(frame[STREET_LEVEL, :, ::-1]) for frame in frames]
    how: dict[str, Any] = {"duration": 133, "loop": 0, "quality": 38, "method": 4}
    images[0].save(path, save_all=True, append_images=images[1:], **how)


def read(path: Path) -> NDArray[Any]:
    """Read a picture."""
    return np.asarray(cv2.imread(str(path)))


def save(image: NDArray[Any], name: str) -> None:
    """Write a picture of the documentation: WebP, or PNG of 256 colours, which is a third of the size."""
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
    if name.endswith(".webp"):
        picture.save(DOCS / name, quality=82, method=4)
    else:
        picture.quantize(palette=picture.quantize(256)).save(DOCS / name, optimize=True)  # dithers


def screenshot(report: Path, picture: Path) -> None:
    """Photograph the top of a page at twice the resolution."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser:
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=2",
            "--window-size=1000,1150", "--virtual-time-budget=8000", f"--screenshot={picture}",
            report.resolve().as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
        save(read(picture), "report.png")


def main(work: Path) -> None:
    """Make all pictures."""
    (DOCS / "images").mkdir(exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "results" / f"{STREET}.txt").exists():
        track(work)
    animated = video(work, "animated", "--width", 800, "--show_trajectories")
    save_animation([animated[i] for i in ANIMATION_FRAMES], DOCS / "demo.webp")
    plain = video(work, "plain")
    save(plain[74], "demo.png")
    detections = "--detection_file", work / "detections" / f"{STREET}.npy"
    for name, at, flags in (
        ("detections", 74, detections),
        ("trajectories", 119, ("--show_trajectories",)),
        ("false_alarms", 141, ("--show_false_alarms",)),
        ("original_colors", 74, ("--colors", "original")),
    ):
        save(cv2.resize(video(work, name, *flags)[at], (960, 720), interpolation=cv2.INTER_AREA), f"images/{name}.webp")
    result = "--result_file", work / "results" / f"{STREET}.txt"
    command("tools.plot_descriptor", "tracks", "--sequence_dir", work / "MOT" / STREET, *result, "--crops", 12,
        "--rows", 8, "--output_file", work / "tracks.png")  # fmt: skip
    save(read(work / "tracks.png"), "images/tracks.webp")
    command("tools.sweep", "--mot_dir", work / "MOT", "--detection_dir", work / "detections", "--output_dir",
        work / "sweep", "--max_cosine_distance", 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, "--max_age", 15, 30, 60,
        "--jobs", 1)  # fmt: skip
    shutil.copy(work / "sweep" / "sweep.png", DOCS / "images" / "sweep.png")
    command("generate_videos", "--mot_dir", work / "MOT", "--result_dir", work / "results", "--output_dir",
        work / "videos", "--convert_h264", "true", "--width", 800)  # fmt: skip
    command("tools.make_report", "--mot_dir", work / "MOT", "--result_dir", work / "results", "--video_dir",
        work / "videos", "--detection_dir", work / "detections", "--output_file", work / "report.html")  # fmt: skip
    screenshot(work / "report.html", work / "report.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path("out/media"))
