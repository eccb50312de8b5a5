"""Measure what better association, motion and post-processing gain: each part alone, and in the strong preset.

For each data set a table of HOTA and IDF1 (TrackEval) of all its sequences that have ground truth, as Markdown. With
--choose, the settings around the strong preset are ranked on some sequences, and the best is reported on the others:

    python benchmarks/better_tracks.py --data DPM MOT16/train MOT16/train --data CNN MOT16/train detections
    python benchmarks/better_tracks.py --data ... --choose MOT16-02 MOT16-05
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from application_util.progress import progress  # noqa: E402
from application_util.scoring.scores import FamilyScores, combine_scores, guess_benchmark  # noqa: E402
from application_util.sequences.sequence import find_detection_file  # noqa: E402
from application_util.sequences.sequence_set import find_sequences  # noqa: E402
from application_util.settings import (  # noqa: E402
    BENCHMARK_SETTINGS,
    PRESETS,
    RECOMMENDED_POSTPROCESSING,
    PostprocessingSettings,
)
from application_util.tracking.sequence_job import SequenceJob  # noqa: E402
from tools.parameter_search.trial import track_and_score  # noqa: E402

STRONG = PRESETS["strong"]
PARTS: dict[str, dict[str, Any]] = {
    "motion_weight": {"motion_weight": 0.02},
    "ema_alpha": {"ema_alpha": 0.9},
    "nsa_noise": {"nsa_noise": True},
    "no_cascade": {"no_cascade": True},
    "low_confidence": {"low_confidence": 0.1},
    "camera_motion": {"camera_motion": "ecc"},
    "tentative_grace": {"tentative_grace": 2},
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "motion_weight": (0.0, 0.02),
    "ema_alpha": (None, 0.9),
    "low_confidence": (None, 0.0, 0.1),
    "no_cascade": (False, True),
    "nsa_noise": (False, True),
    "tentative_grace": (0, 2),
}
"""Values that --choose tries with the other parts of the strong preset."""


@dataclass(frozen=True)
class Row:
    """One line of the tables: what is on.

    Attributes
    ----------
    name : str
    tracker, post : dict
        Changes of `BENCHMARK_SETTINGS` and of no post-processing.
    """

    name: str
    tracker: dict[str, Any] = field(default_factory=dict)
    post: dict[str, Any] = field(default_factory=dict)

    def job(self, sequence: Path, detections: Path) -> SequenceJob:
        """Return what is to be tracked."""
        settings = replace(BENCHMARK_SETTINGS, **self.tracker)
        post = replace(PostprocessingSettings(), **self.post)
        return SequenceJob(sequence, detections, settings, skip_invalid=False, postprocessing=post)


def table_rows() -> list[Row]:
    """Return the lines of the tables."""
    usual = RECOMMENDED_POSTPROCESSING.as_dict()
    after = {name: {name: usual[name]} for name in ("fill", "smooth")}
    rows = [Row("original")]
    rows += [Row(f"{name} alone", values) for name, values in PARTS.items()]
    rows += [Row(f"{name} alone", {}, values) for name, values in after.items()]
    rows += [Row("fill and smooth", {}, after["fill"] | after["smooth"])]
    rows += [Row("**strong**", STRONG)]
    for name in STRONG:
        rows.append(Row(f"strong without {name}", {key: STRONG[key] for key in STRONG if key != name}))
    rows += [Row(f"strong and {name}", STRONG | PARTS[name]) for name in PARTS if name not in STRONG]
    rows += [Row(f"strong and {name}", STRONG, values) for name, values in after.items()]
    return [*rows, Row("**strong, --postprocess**", STRONG, usual)]


def choices() -> list[Row]:
    """Return the settings that --choose tries, fill and smooth after each."""
    usual = RECOMMENDED_POSTPROCESSING.as_dict()
    tried = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]
    kept = {name: STRONG[name] for name in STRONG if name not in CHOICES}
    return [Row("original"), *(Row(str(values), kept | values, usual) for values in tried)]


def measure(
    rows: Sequence[Row], data: Sequence[tuple[str, str, str]], processes: int
) -> dict[tuple[str, str], dict[str, FamilyScores]]:
    """Return the scores by (row, data set) and sequence."""
    cells: list[tuple[str, str, str]] = []
    jobs: list[tuple[SequenceJob, str]] = []
    for name, mot_dir, detection_dir in data:
        found = find_sequences(mot_dir)
        sequences = [each for each in found.names if found.has_groundtruth(each)]
        files = {each: find_detection_file(detection_dir, each) for each in sequences}
        there = [each for each in sequences if files[each].is_file()]
        for row, each in itertools.product(rows, there):
            cells.append((row.name, name, each))
            jobs.append((row.job(found.path(each), files[each]), guess_benchmark(sequences)))
    scores: dict[tuple[str, str], dict[str, FamilyScores]] = {}
    with ProcessPoolExecutor(processes) as pool:
        done = progress(pool.map(track_and_score, *zip(*jobs, strict=True)), "settings", "run", len(jobs))
        for cell, result in zip(cells, done, strict=True):
            scores.setdefault(cell[:2], {})[cell[2]] = result[0]
    return scores


def hota_idf1(scores: dict[str, FamilyScores], sequences: Sequence[str] | None = None) -> tuple[float, float]:
    """Return HOTA and IDF1 in percent, of all sequences or some."""
    chosen = {name: each for name, each in scores.items() if sequences is None or name in sequences}
    combined = combine_scores(chosen)
    return 100 * float(combined["HOTA"]["HOTA"].mean()), 100 * float(combined["Identity"]["IDF1"])


def markdown(rows: Sequence[Row], names: Sequence[str], scores: dict, sequences: Any = None) -> str:
    """Return a table of HOTA / IDF1, and what that is more than the original's."""
    lines = [f"| | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for row in rows:
        cells = []
        for name in names:
            start = hota_idf1(scores["original", name], sequences)
            values = hota_idf1(scores[row.name, name], sequences)
            more = " / ".join(f"{value - before:+.1f}" for value, before in zip(values, start, strict=True))
            cells.append(f"{values[0]:.1f} / {values[1]:.1f}" + ("" if row.name == "original" else f" ({more})"))
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def choose(data: Sequence[tuple[str, str, str]], tuned: Sequence[str], processes: int) -> str:
    """Rank the choices on some sequences; report the best ones there, and on the others."""
    rows, names = choices(), [name for name, _, _ in data]
    scores = measure(rows, data, processes)
    held = sorted({each for name in names for each in scores["original", name]} - set(tuned))

    def gain(row: Row) -> float:
        of = [name for name in names if set(tuned) & set(scores[row.name, name])]
        return sum(sum(hota_idf1(scores[row.name, name], tuned)) for name in of)

    best = [rows[0], *sorted(rows[1:], key=gain, reverse=True)[:5]]
    of_tuned = [name for name in names if set(tuned) & set(scores["original", name])]
    of_held = [name for name in names if set(held) & set(scores["original", name])]
    return "\n\n".join(
        [
            f"chosen on {' '.join(tuned)}",
            markdown(best, of_tuned, scores, tuned),
            f"held out: {' '.join(held)}",
            markdown(best, of_held, scores, held),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs=3, action="append", required=True, metavar=("NAME", "MOT_DIR", "DETECTION_DIR"))
    parser.add_argument("--choose", nargs="+", metavar="SEQUENCE", help="rank settings on these sequences")
    parser.add_argument("--each", action="store_true", help="also a table of each sequence")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if args.choose:
        print(choose(args.data, args.choose, args.jobs))
        return
    rows, names = table_rows(), [name for name, _, _ in args.data]
    scores = measure(rows, args.data, args.jobs)
    print(markdown(rows, names, scores))
    for sequence in sorted({each for name in names for each in scores["original", name]}) if args.each else ():
        there = [name for name in names if sequence in scores["original", name]]
        shown = [row for row in rows if row.name == "original" or row.name.startswith("**")]
        print(f"\n{sequence}\n\n{markdown(shown, there, scores, [sequence])}")


if __name__ == "__main__":
    main()
