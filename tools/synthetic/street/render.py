"""Renders a street scene as a sequence folder in the form of MOT16."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from application_util.progress import progress
from tools.synthetic.generated_sequence import Kind, generated_sequence, write_seqinfo
from tools.synthetic.street.camera import Camera
from tools.synthetic.street.detector import detect
from tools.synthetic.street.scene import Scene, Sighting
from tools.synthetic.street.walking import FRAME_RATE

WORKERS = 2
JPEG_QUALITY = 93
KIND = Kind("a rendered sequence", "Render", (f"img1/{6 * '[0-9]'}.jpg", "det/det.txt", "gt/gt.txt"))


def render_sequence(
    output_dir: str | Path,
    people: int = 12,
    frames: int = 150,
    width: int = 640,
    height: int = 480,
    seed: int = 1,
    detector_quality: float = 0.6,
) -> None:
    """Render a sequence folder with img1, det/det.txt, gt/gt.txt and seqinfo.ini.

    The same arguments give the same files (with the same versions of NumPy and OpenCV on the same machine).

    Parameters
    ----------
    output_dir : str or Path
        The folder to make. A sequence rendered before is replaced, anything else is left alone.
    people, frames : int
        How many.
    width, height : int
        Frame size in pixels.
    seed : int
        Another seed, other people on other paths.
    detector_quality : float
        0 to 1, see `tools.synthetic.street.detector.detect`.

    Raises
    ------
    UserError
        If the folder holds something else or cannot be written.
    """
    arguments = {
        "people": people, "frames": frames, "width": width, "height": height, "seed": seed,
        "detector_quality": detector_quality,
    }  # fmt: skip
    camera = Camera(width, height)
    with generated_sequence(output_dir, KIND) as folder:
        write_seqinfo(folder, folder.name, (width, height), FRAME_RATE, frames, KIND, arguments)
        for part in ("img1", "det", "gt"):
            (folder / part).mkdir()
        rng = np.random.default_rng(seed)
        sightings = _render_images(folder / "img1", Scene(rng, camera, people, frames), frames)
        _write_ground_truth(folder / "gt" / "gt.txt", sightings)
        rows = detect(rng, camera, sightings, people, detector_quality)
        lines = [f"{frame:.0f},-1,{_box(box)},{score:.6f},-1,-1,-1\n" for frame, *box, score in rows]
        (folder / "det" / "det.txt").write_text("".join(lines), encoding="ascii", newline="\n")


def _render_images(folder: Path, scene: Scene, frames: int) -> list[list[Sighting]]:
    """Write all images; return who is in each."""

    def write_frame(frame: int) -> list[Sighting]:
        image, seen = scene.render(frame)
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        (folder / f"{frame + 1:06d}.jpg").write_bytes(jpeg.tobytes())
        return seen

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(progress(pool.map(write_frame, range(frames)), "rendering", total=frames))


def _write_ground_truth(path: Path, sightings: list[list[Sighting]]) -> None:
    """Write rows of frame, id, left, top, width, height, 1 (counts), 1 (pedestrian), visibility; by id."""
    rows = [
        (seen.person, frame, f"{frame},{seen.person},{_box(seen.box)},1,1,{seen.visibility:.5f}\n")
        for frame, everybody in enumerate(sightings, start=1)
        for seen in everybody
    ]
    path.write_text("".join(line for _, _, line in sorted(rows)), encoding="ascii", newline="\n")


def _box(box: Iterable[float]) -> str:
    return ",".join(f"{value:.2f}" for value in box)
