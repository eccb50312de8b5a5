"""What made ids jump: for each switch and break what ruled the right match out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.scoring.identity_switches import Jump
from application_util.sequences.sequence import find_detection_file
from application_util.settings import TrackerSettings
from application_util.tracking.questions import Answer, Question, ask
from application_util.tracking.replay import Life, lives_of
from application_util.tracking.run_record import RunRecord
from application_util.tracking.sequence_job import SequenceJob
from tools.report.gather import Tracked


@dataclass(frozen=True)
class Explained:
    """The jumps of a sequence, explained as far as that is possible.

    Attributes
    ----------
    jumps : list of (Jump, Answer or None)
    comment : str or None
        Why nothing is explained.
    """

    jumps: list[tuple[Jump, Answer | None]]
    comment: str | None = None

    @property
    def causes(self) -> list[tuple[str, str | None, int]]:
        """The causes by number: name, flag, how often each came first."""
        first = [answer.reasons[0] for _, answer in self.jumps if answer is not None]
        counts = Counter((reason.name, reason.flag) for reason in first)
        return [(name, flag, count) for (name, flag), count in counts.most_common()]


def explain(tracked: Tracked, record: RunRecord, detection_dir: Path | None, settings: TrackerSettings) -> Explained:
    """Track a sequence once more, by the record of its result, and ask at each jump.

    Parameters
    ----------
    tracked : Tracked
    record : RunRecord
        Of the folder of results.
    detection_dir : Path, optional
        Where the detection file is, if not where the record says.
    settings : TrackerSettings
        Those of a result that the record does not mention.
    """
    if not tracked.jumps:
        return Explained([])
    try:
        job = _job(tracked, record, detection_dir, settings)
        lives = lives_of(job, tracked.results)
        questions = [_question(jump, tracked, lives) for jump in tracked.jumps]
        return Explained(list(zip(tracked.jumps, ask(job, questions, lives), strict=True)))
    except UserError as error:
        return Explained([(jump, None) for jump in tracked.jumps], str(error))


def lines(name: str, explained: Explained) -> list[str]:
    """Return the table of a sequence as lines of text."""
    text = []
    for jump, answer in explained.jumps:
        what = f"track {jump.old_track} -> {jump.new_track}" if jump.is_switch else f"track {jump.old_track} broken"
        who = "" if jump.person is None else f", person {jump.person}"
        why = "not explained" if answer is None else f"frame {answer.frame}: {details(answer)}"
        text.append(f"{name}: frame {jump.frame}{who}: {what}: {why}")
    return text


def details(answer: Answer) -> str:
    """Return the reasons in one line, with the flags that govern them."""
    parts = [reason.text + (f" ({reason.flag})" if reason.flag else "") for reason in answer.reasons]
    return "; ".join(parts)


def _job(tracked: Tracked, record: RunRecord, detection_dir: Path | None, settings: TrackerSettings) -> SequenceJob:
    """Return the job that made a result.

    Raises
    ------
    UserError
        If that is not known, or its detections are not there any more.
    """
    name, entry = tracked.name, record.sequences.get(tracked.name)
    skip_invalid = False
    if record.is_own(name) and entry is not None:
        flags = dict(entry["flags"])
        skip_invalid = flags.pop("skip_invalid", False)
        if not {each.name for each in fields(TrackerSettings)}.issuperset(flags):
            raise UserError(
                f"{record.path}: {name}.txt was post-processed, or made by another version: "
                "only results as they were tracked are explained"
            )
        settings = TrackerSettings(**flags)
        path = Path(entry["detection_file"])
    elif detection_dir is None:
        raise UserError(
            f"{record.path} does not say how {name}.txt was made; --detection_dir and the tracker's flags do"
        )
    if detection_dir is not None:
        path = find_detection_file(detection_dir, name)
    if not path.is_file():
        raise UserError(f"{path}: no such file; --detection_dir says where the detections are")
    return SequenceJob(tracked.sequence.directory, path, settings, skip_invalid)


def _question(jump: Jump, tracked: Tracked, lives: Mapping[int, Life]) -> Question:
    """Ask for the frames after the old track's last detection of the person, to the frame of the jump."""
    old, new = lives[jump.old_track], lives[jump.new_track]
    if jump.person is None or tracked.people is None:
        return Question(jump.old_track, {new.birth: new.box})
    start = max(frame for frame in old.seen if frame <= jump.last)
    stop = jump.frame if jump.is_switch else jump.frame - 1
    people = tracked.people
    rows = people[(people[:, 1] == jump.person) & (people[:, 0] > start) & (people[:, 0] <= stop)]
    return Question(jump.old_track, {int(row[0]): np.array(row[2:6]) for row in rows})
