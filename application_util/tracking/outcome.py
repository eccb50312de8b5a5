"""What became of a sequence's detections, so that a suspicious outcome is not reported like any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from application_util.progress import say, warn
from application_util.settings import TrackerSettings


@dataclass
class Outcome:
    """Counts of a sequence's detections and tracks.

    Attributes
    ----------
    settings : TrackerSettings
    used : int
        Detections that reached the tracker.
    uncertain, low, suppressed : int
        Detections below ``lowest_confidence``, below ``min_detection_height``, and removed by non-maximum suppression.
    outside : int
        Detections of frames that the sequence does not have.
    repeated : int
        Detections that are in the file once more, frame and box alike; they are used nevertheless.
    tracks, never_confirmed : int
        Tracks in the result, and those that ended before ``n_init`` detections in a row.
    """

    settings: TrackerSettings
    used: int = 0
    uncertain: int = 0
    low: int = 0
    suppressed: int = 0
    outside: int = 0
    repeated: int = 0
    tracks: int = 0
    never_confirmed: int = 0

    def describe(self) -> str:
        """Return the counts that are not zero, in one line."""
        settings = self.settings
        parts = {
            f"below {settings.lowest_flag} {settings.lowest_confidence:g}": self.uncertain,
            f"below --min_detection_height {settings.min_detection_height}": self.low,
            "suppressed": self.suppressed,
            "outside the frames": self.outside,
            "repeated": self.repeated,
        }
        total = self.used + self.uncertain + self.low + self.suppressed + self.outside
        line = ", ".join([f"{self.used} used", *(f"{count} {what}" for what, count in parts.items() if count)])
        if self.never_confirmed:
            line += f"; {self.never_confirmed} tracks never confirmed"
        return f"{total} detections: {line}"

    def problem(self) -> str | None:
        """Return why there is no track, None where there are some."""
        if self.tracks:
            return None
        if self.used:
            return f"no track was confirmed, which takes {self.settings.n_init} detections in a row (--n_init)"
        if not self.uncertain + self.low:
            return "there are no detections in its frames, and so no tracks"
        if self.uncertain >= self.low:
            return f"no detection has a confidence of {self.settings.lowest_confidence:g} ({self.settings.lowest_flag})"
        return f"no detection is {self.settings.min_detection_height} pixels high (--min_detection_height)"


def report_outcome(name: str, outcome: Outcome, rows: int, result_file: str | Path) -> None:
    """Say what was tracked and what became of the detections; warn where there is no track."""
    say(f"{name}: {outcome.tracks} tracks, {rows} rows in {result_file} ({outcome.describe()})")
    problem = outcome.problem()
    if problem:
        warn(f"{name}: {problem}")
