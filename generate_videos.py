"""Write a video of every result file in a folder; needs no display."""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from application_util.cli import add_drawing_flags, add_switch, positive_int, run_command
from application_util.errors import UserError

if TYPE_CHECKING:
    from application_util.drawing.result_view import Images, ResultView
    from application_util.sequences.sequence import MotSequence


def run(
    mot_dir: str | Path,
    result_dir: str | Path,
    output_dir: str | Path,
    convert_h264: bool = False,
    update_ms: float | None = None,
    show_trajectories: bool = False,
    jobs: int = 1,
) -> None:
    """Write ``<sequence>.avi`` for each ``<sequence>.txt`` among the results whose sequence exists.

    Parameters
    ----------
    mot_dir : str or Path
        Folder of MOTChallenge sequences with images, or of videos.
    result_dir : str or Path
        Folder of result files.
    output_dir : str or Path
        Folder for the videos, created if need be.
    convert_h264 : bool
        Also write ``<sequence>.mp4`` (H.264).
    update_ms : float, optional
        Time between frames in milliseconds; by default by each seqinfo.ini's frameRate, else 20.
    show_trajectories : bool
        Draw where each track was in the last second.
    jobs : int
        Sequences rendered at once.

    Raises
    ------
    UserError
        For whatever the user can mend; all input is looked at before the first video is begun.
    """
    from application_util.drawing.result_view import open_view
    from application_util.drawing.video_file import check_video_path
    from application_util.files.output import refuse_overwriting
    from application_util.sequences.sequence import read_sequence
    from application_util.sequences.sequence_set import find_results

    kinds = [".avi", ".mp4"] if convert_h264 else [".avi"]
    films = []
    for result_file in find_results(mot_dir, result_dir):
        videos = [Path(output_dir) / (result_file.stem + kind) for kind in kinds]
        sequence = read_sequence(Path(mot_dir) / result_file.stem)
        refuse_overwriting(videos, [result_file, *sequence.input_files])
        _refuse_beside(sequence, videos[0])
        for video in videos:
            check_video_path(video)
        view = open_view(sequence, result_file, update_ms=update_ms, trajectories=show_trajectories)
        films.append((view, videos))
    _render(films, jobs)
    for view, videos in films:
        print(
            f"{view.sequence.name}: {len(view.frames)} frames in {', '.join(map(str, videos))}",
            file=sys.stderr,
        )


def _refuse_beside(sequence: MotSequence, video: Path) -> None:
    """Keep videos of tracks away from the videos of sequences, which they would be taken for."""
    place = sequence.images.video
    if place is not None and os.path.realpath(place.parent) == os.path.realpath(video.parent):
        raise UserError(
            f"{video.parent}: holds the sequence's own video {place.name}: choose another --output_dir"
        )


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = _parse_args(argv)
    return run_command(
        lambda: run(
            args.mot_dir,
            args.result_dir,
            args.output_dir,
            args.convert_h264,
            args.update_ms,
            args.show_trajectories,
            args.jobs,
        )
    )


def _parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--mot_dir", required=True, help="folder of MOTChallenge sequences with images, or of videos"
    )
    parser.add_argument("--result_dir", required=True, help="folder of result files, <sequence>.txt")
    parser.add_argument("--output_dir", required=True, help="folder for the videos, <sequence>.avi")
    add_switch(parser, "--convert_h264", "also write <sequence>.mp4, H.264 that plays in browsers")
    parser.add_argument(
        "--jobs", type=positive_int, default=1, metavar="N", help="sequences at once (default: %(default)s)"
    )
    add_drawing_flags(parser)
    return parser.parse_args(argv)


def _render(films: list[tuple[ResultView, list[Path]]], jobs: int) -> None:
    """Write the videos of all views, several at once, with one report of progress over all frames."""
    from application_util.progress import progress

    events: queue.SimpleQueue[Future[bool] | None] = queue.SimpleQueue()  # None: a frame was drawn
    cancelled = threading.Event()

    def watch(images: Images) -> Images:
        for image in images:
            if cancelled.is_set():
                raise KeyboardInterrupt
            yield image
            events.put(None)

    def frames_drawn() -> Iterator[None]:
        for _ in films:
            while (event := events.get()) is None:
                yield
            event.result()

    total = sum(len(view.frames) for view, _ in films)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for view, videos in films:
            pool.submit(view.play, False, videos, watch).add_done_callback(events.put)
        try:
            for _ in progress(frames_drawn(), "videos", total=total):
                pass
        except BaseException:
            cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


if __name__ == "__main__":
    sys.exit(main())
