"""Render a street scene as a MOT16-style sequence: images, detections and ground truth.

    python tools/render_sequence.py demo/STREET-01

People who differ in clothes and build walk about, hide behind things and each other, leave and come back.
The same arguments give the same files (with the same versions of NumPy and OpenCV on the same machine).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import number, run_command
from application_util.errors import UserError
from tools.synthetic.sequence_folder import check_replaceable, write_seqinfo

WORKERS = 2
JPEG_QUALITY = 93
MARK = "Render"
"""The section of seqinfo.ini that says a folder was made here."""
ENTRIES = ("img1", "det", "gt", "seqinfo.ini")


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

    Parameters
    ----------
    output_dir : str or Path
        The folder to make. A sequence rendered before is replaced, anything else is left alone.
    people, frames : int
        How many.
    width, height : int
        Frame size in pixels.
    seed : int
        Another seed, other people on other ways.
    detector_quality : float
        0 to 1, see `tools.synthetic.street.detector.detect`.

    Raises
    ------
    UserError
        If the folder holds something else or cannot be written.
    """
    folder = Path(output_dir).resolve()
    partial = folder.with_name(folder.name + ".partial")
    for taken in (folder, partial):
        check_replaceable(taken, MARK, "a rendered sequence", ENTRIES)
    arguments = {
        "people": str(people), "frames": str(frames), "width": str(width), "height": str(height),
        "seed": str(seed), "detector_quality": str(detector_quality),
    }  # fmt: skip
    try:
        _remove(partial)
        (partial / "img1").mkdir(parents=True)
        _render_into(partial, folder.name, arguments, (people, frames, width, height, seed), detector_quality)
        _remove(folder)
        partial.rename(folder)
    except OSError as error:
        raise UserError(f"{output_dir}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _render_into(
    folder: Path,
    name: str,
    arguments: dict[str, str],
    numbers: tuple[int, int, int, int, int],
    quality: float,
) -> None:
    """Write all files of a sequence."""
    import cv2
    import numpy as np
    from tqdm import tqdm

    from tools.synthetic.street.camera import Camera
    from tools.synthetic.street.crowd import FRAME_RATE
    from tools.synthetic.street.detector import detect
    from tools.synthetic.street.motfiles import write_detections, write_ground_truth
    from tools.synthetic.street.scene import Scene, Sighting

    people, frames, width, height, seed = numbers
    camera = Camera(width, height)
    write_seqinfo(folder, name, (width, height), FRAME_RATE, frames, MARK, arguments)
    rng = np.random.default_rng(seed)
    scene = Scene(rng, camera, people, frames)

    def frame_file(frame: int) -> list[Sighting]:
        image, seen = scene.render(frame)
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        (folder / "img1" / f"{frame + 1:06d}.jpg").write_bytes(jpeg.tobytes())
        return seen

    with ThreadPoolExecutor(WORKERS) as pool:
        jobs = pool.map(frame_file, range(frames))
        sightings = list(
            tqdm(jobs, total=frames, desc="rendering", unit="frame", file=sys.stderr, disable=None)
        )
    write_ground_truth(folder, sightings)
    write_detections(folder, detect(rng, camera, sightings, people, quality))


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def main(argv: list[str] | None = None) -> int:
    """Run the command; see the module's text."""
    parser = argparse.ArgumentParser(description="Render a street scene as a MOT16-style sequence.")
    parser.add_argument(
        "output_dir", metavar="OUTPUT_DIR", help="the sequence folder to make; its name is the sequence's"
    )
    parser.add_argument(
        "--people", type=number(int, 1, 60), default=12, help="how many people (default %(default)s)"
    )
    parser.add_argument(
        "--frames",
        type=number(int, 1, 100000),
        default=150,
        help="how many frames, 15 a second (default %(default)s)",
    )
    parser.add_argument(
        "--width",
        type=number(int, 160, 3840),
        default=640,
        help="of a frame in pixels (default %(default)s)",
    )
    parser.add_argument(
        "--height",
        type=number(int, 120, 2160),
        default=480,
        help="of a frame in pixels (default %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=number(int, 0, 2**32 - 1),
        default=1,
        help="another seed, another scene (default %(default)s)",
    )
    parser.add_argument(
        "--detector_quality", type=number(float, 0, 1), default=0.6,
        help="0 to 1; 1 misses only people who are mostly hidden (default %(default)s)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    return run_command(lambda: render_sequence(**vars(args)))


if __name__ == "__main__":
    sys.exit(main())
