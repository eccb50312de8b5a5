"""Videos of the results of many sequences, several at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from application_util.drawing.result_view import ResultView, open_results
from application_util.drawing.view import View
from application_util.errors import UserError
from application_util.files.output import refuse_overwriting
from application_util.parallel.jobs import Failures
from application_util.progress import progress_count
from application_util.sequences.contradictions import warn_of_contradictions
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_set import find_results
from application_util.settings import DrawingSettings


@dataclass(frozen=True)
class Rendering:
    """The results of a sequence, and the videos to be made of them."""

    results: ResultView
    view: View


def plan(
    mot_dir: str | Path, result_dir: str | Path, output_dir: str | Path, kinds: Sequence[str], settings: DrawingSettings
) -> tuple[list[Rendering], Failures]:
    """Look at all input and outputs of a folder of results before anything is written.

    Parameters
    ----------
    mot_dir, result_dir : str or Path
        Hold the sequences and ``<sequence>.txt``.
    output_dir : str or Path
        Is to hold the videos, ``<sequence><kind>``; made as needed.
    kinds : sequence of str
        ``.avi``, ``.mp4``.
    settings : DrawingSettings
        What the videos look like.

    Returns
    -------
    list of Rendering
    Failures
        Sequences that cannot be drawn, and why.

    Raises
    ------
    UserError
        If nothing can be drawn, or a video would replace input.
    """
    renderings: list[Rendering] = []
    failures: Failures = {}
    for result_file in find_results(mot_dir, result_dir):
        videos = [Path(output_dir) / (result_file.stem + kind) for kind in kinds]
        try:
            sequence = read_sequence(Path(mot_dir) / result_file.stem)
            results = open_results(sequence, result_file, settings)
        except UserError as error:
            failures[result_file.stem] = error
            continue
        warn_of_contradictions(sequence)
        refuse_overwriting(videos, [result_file, *sequence.input_files])
        own = sequence.images.video
        # A video of tracks beside the sequence's own would be taken for that of a sequence.
        if own is not None and os.path.realpath(own.parent) == os.path.realpath(output_dir):
            raise UserError(f"{output_dir}: holds the sequence's own video {own.name}: choose another --output_dir")
        renderings.append(Rendering(results, View(sequence, False, videos, settings)))
    if not renderings:
        raise next(iter(failures.values()))
    return renderings, failures


def render(renderings: Sequence[Rendering], jobs: int = 1) -> Failures:
    """Write all videos, with one report of progress over all their frames.

    Parameters
    ----------
    renderings : sequence of Rendering
    jobs : int
        Sequences rendered at a time.

    Returns
    -------
    Failures
        Sequences that could not be drawn to their end, and why; the others have their videos.
    """
    failures: Failures = {}
    cancelled, counting = threading.Event(), threading.Lock()

    def draw(rendering: Rendering) -> None:
        with rendering.view as view:
            for frame in view.frames(rendering.results.frames, quiet=True):
                if cancelled.is_set():
                    break
                rendering.results.draw(view.drawing, frame)
                with counting:
                    count(1)

    total = sum(len(rendering.results.frames) for rendering in renderings)
    with progress_count("videos", "frame", total) as count, ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(draw, each): each.view.sequence.name for each in renderings}
        try:
            for future in as_completed(futures):
                try:
                    future.result()
                except UserError as error:
                    failures[futures[future]] = error
        except BaseException:
            cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return failures
