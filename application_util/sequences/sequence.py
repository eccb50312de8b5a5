"""Sequences: MOTChallenge folders and videos."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.files.mot_table import Table, read_tracks
from application_util.files.result_file import read_results
from application_util.sequences.images import FrameSource, ImageFolder
from application_util.sequences.sequence_file import SequenceFile, read_sequence_file
from application_util.sequences.video_source import VIDEO_SUFFIXES, VideoSource, find_video


@dataclass(frozen=True)
class MotSequence:
    """A sequence.

    Attributes
    ----------
    directory : Path
        Holds ``img1/``, ``det/det.txt``, ``gt/gt.txt``, ``seqinfo.ini``, each as far as there is one. For a video
        that lies beside it, it need not exist.
    name : str
        The folder's name.
    images : FrameSource
        File of each frame, frames ascending; empty when there are no images.
    frame_rate : float or None
        Frames per second by seqinfo.ini, else by the video.
    length : int or None
        Number of frames by seqinfo.ini.
    info : SequenceFile
        What seqinfo.ini says.
    """

    directory: Path
    name: str
    images: FrameSource
    frame_rate: float | None
    length: int | None = None
    info: SequenceFile = SequenceFile()  # noqa: RUF009 (frozen)

    @property
    def update_ms(self) -> float | None:
        """Time between frames in milliseconds, or None if unknown."""
        return None if self.frame_rate is None else 1000 / self.frame_rate

    @property
    def frames(self) -> range:
        """From the first image to the last; without images as seqinfo.ini says, else empty."""
        if self.images:
            return range(min(self.images), max(self.images) + 1)
        return range(1, (self.length or 0) + 1)

    def read_image(self, frame: int) -> NDArray[np.uint8]:
        """Read the image of a frame: (height, width, 3), BGR.

        Raises
        ------
        UserError
            If there is none, or it cannot be decoded.
        """
        return self.images.read(frame)

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) of the first image in pixels, or None without images."""
        return self.images.size

    @property
    def announced_size(self) -> tuple[int, int] | None:
        """The same as far as it is known without decoding an image: by the head of its file."""
        return self.images.announced_size

    @property
    def input_files(self) -> list[Path]:
        """Where what belongs to the sequence lies, as `refuse_overwriting` takes it: not to be overwritten."""
        images = self.images.video or self.images.place / "*"
        texts = [self.directory / "gt" / "gt.txt", self.directory / "seqinfo.ini"]
        return [*texts, find_det_txt(self.directory), images]

    def hash_images(self) -> str:
        """Return a hash of all images, and of which frames they are."""
        if self.images.video is not None:
            return sha256(self.images.video)
        digest = hashlib.sha256()
        for frame, file in self.images.items():
            digest.update(f"{frame} {sha256(file)}\n".encode())
        return digest.hexdigest()

    @cached_property
    def groundtruth(self) -> Table | None:
        """Rows of ``gt/gt.txt``: frame, id, left, top, width, height, flag and optionally more; None without it."""
        path = self.directory / "gt" / "gt.txt"
        return read_tracks(path) if path.exists() else None

    def read_results(self, path: str | Path) -> Table:
        """Read a result file of this sequence, see `result_file.read_results`.

        Raises
        ------
        UserError
            Also if it has frames that the sequence does not have.
        """
        results = read_results(path)
        frames = self.frames
        for row, frame in enumerate(results[:, 0].astype(int).tolist() if frames else [], start=1):
            if frame not in frames:
                raise UserError(
                    f"{path}: row {row}: frame {frame}, but {self.name} has frames {frames[0]} to {frames[-1]}:"
                    " are these the results of another sequence?"
                )
        return results


def read_sequence(directory: str | Path) -> MotSequence:
    """Look into a sequence.

    Parameters
    ----------
    directory : str or Path
        The folder; a trailing slash does not matter. Its images are in ``img1/``, or where seqinfo.ini's imDir
        says, or, when there are none, in a video ``<name>.mp4`` inside or beside it. Or such a video, whose other
        files are in the folder of its name.

    Returns
    -------
    MotSequence

    Raises
    ------
    UserError
        If there is no such folder or video, the video cannot be read, or seqinfo.ini has no usable frameRate or
        an absurd seqLength.
    """
    directory = Path(directory)
    video = directory if directory.suffix.lower() in VIDEO_SUFFIXES and not directory.is_dir() else None
    if video is not None:
        inside = video.absolute().parent.name == video.stem
        directory = video.parent if inside else video.with_suffix("")
    info = read_sequence_file(directory / "seqinfo.ini")
    named = info.image_folder is not None and os.path.isdir(directory / info.image_folder)
    images: FrameSource = ImageFolder(directory / ((named and info.image_folder) or "img1"))
    if video is None and not images:
        video = find_video(directory)
    if video is None and not directory.is_dir():
        what = "is not a folder and not a video" if directory.exists() else "no such folder"
        kinds = ", ".join(VIDEO_SUFFIXES)
        raise UserError(f"{directory}: {what}, expected a MOTChallenge sequence or a video ({kinds})")
    frame_rate = info.frame_rate
    if video is not None:
        images = VideoSource(video)
        frame_rate = frame_rate or images.frame_rate
    name = os.path.basename(os.path.abspath(directory))
    return MotSequence(directory, name, images, frame_rate, info.length(images), info)


def is_sequence(directory: Path) -> bool:
    """Tell whether there is a sequence of this name: a folder, or a video beside where it would be."""
    return directory.is_dir() or find_video(directory) is not None


def find_det_txt(directory: Path) -> Path:
    """Return where the detections of a sequence folder are: ``det/det.txt``.

    Without that folder, as for a video alone, it is ``<directory>.txt`` if there is such a file.
    """
    beside = directory.with_name(directory.name + ".txt") if directory.name else directory
    return beside if not directory.is_dir() and beside.is_file() else directory / "det" / "det.txt"


def find_detection_file(detection_dir: str | Path, name: str) -> Path:
    """Return the detections of a sequence in a folder: ``<name>.npy`` with features, else a det.txt.

    That is ``<name>.txt`` or ``<name>/det/det.txt``. Without any of them it is where the first would be.
    """
    with_features = Path(detection_dir, f"{name}.npy")
    others = Path(detection_dir, f"{name}.txt"), Path(detection_dir, name, "det", "det.txt")
    return next((path for path in (with_features, *others) if path.is_file()), with_features)
