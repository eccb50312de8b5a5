"""Frames of a sequence, and the dict that programs written for the original know it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from application_util.files.detection_file import DetectionFile
from application_util.sequences.contradictions import contradictions
from application_util.sequences.plausible import misplaced
from application_util.sequences.sequence import MotSequence, read_sequence


def frame_range(sequence: MotSequence, detections: DetectionFile | None = None) -> range:
    """Return the frames of a sequence: those of its images, or of its detections when there are no images."""
    if sequence.images or detections is None or not len(detections):
        return sequence.frames if sequence.images else range(0)
    return range(int(detections.frames[0]), int(detections.frames[-1]) + 1)


def detection_warnings(sequence: MotSequence, detections: DetectionFile) -> list[str]:
    """Return lines about what is suspicious in a detection file of this sequence."""
    frames, lines = sequence.frames, [*contradictions(sequence, counted=True), *detections.warnings]
    size = sequence.announced_size
    doubt = None if size is None else misplaced(detections.some_boxes(), size)
    if doubt:
        lines.append(f"{detections.path}: {doubt}")
    outside = len(detections) - detections.count(frames) if frames else 0
    if outside:
        first, last = detections.frames[[0, -1]].tolist()
        lines.append(
            f"{detections.path}: {outside} of {len(detections)} detections are in no frame of {sequence.name},"
            f" which has frames {frames[0]} to {frames[-1]} (the file: {first} to {last})"
            + (", and are not used" if sequence.images else "")
        )
    return lines


def gather_sequence_info(sequence_dir: str | Path, detection_file: str | Path | None) -> dict[str, Any]:
    """Describe a sequence in a dict.

    Parameters
    ----------
    sequence_dir : str or Path
        MOTChallenge sequence folder, or a video.
    detection_file : str or Path or None
        ``.npy`` array (N, 10 + M).

    Returns
    -------
    dict
        ``sequence_name`` str; ``image_filenames`` dict of frame -> file name, empty for a video;
        ``detections`` ndarray (N, 10 + M) or None; ``groundtruth`` ndarray or None; ``image_size``
        (height, width) or None; ``min_frame_idx``, ``max_frame_idx`` int; ``feature_dim`` int;
        ``update_ms`` float or None.

    Raises
    ------
    UserError
        For missing or invalid files.
    """
    sequence = read_sequence(sequence_dir)
    detections = None if detection_file is None else DetectionFile(detection_file)
    frames = frame_range(sequence, detections)
    image_files = {} if sequence.images.video else {f: str(path) for f, path in sequence.images.items()}
    return {
        "sequence_name": sequence.name,
        "image_filenames": image_files,
        "detections": None if detections is None else detections.array,
        "groundtruth": sequence.groundtruth,
        "image_size": sequence.image_size,
        "min_frame_idx": frames.start,
        "max_frame_idx": frames.stop - 1,
        "feature_dim": 0 if detections is None else detections.feature_dim,
        "update_ms": sequence.update_ms,
    }
