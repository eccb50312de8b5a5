"""All parts of post-processing, in the order in which they help each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.files.detection_file import DetectionFile
from application_util.files.result_file import read_results
from application_util.postprocessing.appearance import mean_features
from application_util.postprocessing.gaps import fill_gaps
from application_util.postprocessing.linking import link_tracks
from application_util.postprocessing.result_text import write_rows
from application_util.postprocessing.short_tracks import drop_short_tracks
from application_util.postprocessing.smoothing import smooth
from application_util.postprocessing.track_boxes import TrackBoxes, track_boxes
from application_util.settings import PostprocessingSettings


@dataclass(frozen=True)
class Changes:
    """What post-processing did to the tracks of a file.

    Attributes
    ----------
    tracks, rows : int
        Those that are left.
    joined, dropped : int
        Tracks that became part of another, and tracks that were too short.
    filled : int
        Boxes that were added.
    warnings : tuple of str
        What could not be done.
    """

    tracks: int
    rows: int
    joined: int
    dropped: int
    filled: int
    warnings: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return it in one line."""
        return (
            f"{self.tracks} tracks, {self.rows} rows ({self.joined} tracks joined to others, {self.dropped} dropped,"
            f" {self.filled} boxes filled in)"
        )


def postprocess(
    tracks: TrackBoxes, settings: PostprocessingSettings, detections: DetectionFile | None = None
) -> tuple[TrackBoxes, Changes]:
    """Join tracks, drop those that stay short, fill gaps, smooth; each as far as the settings say.

    Parameters
    ----------
    tracks : TrackBoxes
    settings : PostprocessingSettings
    detections : DetectionFile, optional
        Needed to join tracks.
    """
    warnings = []
    before = _count(tracks)
    if settings.link and detections is not None:
        if detections.feature_dim:
            features = mean_features(tracks, detections)
            tracks = link_tracks(tracks, features, settings.link, settings.link_distance)
        else:
            warnings.append(f"{detections.path}: no features: no tracks are joined")
    linked = _count(tracks)
    if settings.min_length > 1:
        tracks = drop_short_tracks(tracks, settings.min_length)
    kept = len(tracks)
    if settings.fill:
        tracks = fill_gaps(tracks, settings.fill)
    if settings.smooth:
        tracks = smooth(tracks, settings.smooth)
    left = _count(tracks)
    changes = Changes(left, len(tracks), before - linked, linked - left, len(tracks) - kept, tuple(warnings))
    return tracks, changes


def postprocess_file(
    path: str | Path, settings: PostprocessingSettings, detections: DetectionFile | None = None
) -> tuple[str, Changes]:
    """Return what the result file of a sequence would hold after post-processing, see `postprocess`.

    Raises
    ------
    UserError
        If the file is no result file, or tracks are to be joined and there are no detections.
    """
    if settings.link and detections is None:
        raise UserError(f"{path}: to join tracks takes their detections, with features")
    original = track_boxes(read_results(path), path)
    tracks, changes = postprocess(original, settings, detections)
    return write_rows(str(path), original, tracks), changes


def _count(tracks: TrackBoxes) -> int:
    return len(np.unique(tracks.ids))
