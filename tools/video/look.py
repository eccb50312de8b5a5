"""What is in the frames: decoded, searched for boxes and given features, each step in threads of its own."""

from __future__ import annotations

import contextlib
import itertools
import zlib
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_file import detections_from_rows
from application_util.parallel.read_ahead import read_ahead
from application_util.settings import TrackerSettings
from application_util.tracking.outcome import Outcome
from application_util.tracking.sequence_tracker import select_rows
from deep_sort.detection import Detection
from tools.detectors.finder import BoxFinder
from tools.features.encoder import BoxEncoder
from tools.features.patches import cut_patches
from tools.video.source import Image, Source

IMAGES_AHEAD = 4
FEATURES_AHEAD = 4
NETWORK_THREADS = 2


class Seen(NamedTuple):
    """A frame and what is in it.

    Attributes
    ----------
    frame : int
    image : ndarray of uint8, shape (height, width, 3), or None
    rows : ndarray, shape (N, 10)
        All boxes, in the columns of det.txt.
    chosen : ndarray of int
        Rows that are tracked, best first.
    features : ndarray, shape (N, M)
        Zero for boxes that have none because they are not tracked.
    """

    frame: int
    image: Image | None
    rows: NDArray[np.float64]
    chosen: NDArray[np.int64]
    features: NDArray[np.float32]

    def detections(self) -> Sequence[Detection]:
        """Return what is tracked, labelled with classes, best first."""
        return detections_from_rows(np.hstack([self.rows, self.features])[self.chosen], labelled=True)


class Look:
    """Goes through frames and finds what is to be tracked.

    Parameters
    ----------
    finder : BoxFinder
    encoder : BoxEncoder or None
        None for tracks by motion and overlap alone.
    settings : TrackerSettings
    name : str
        Of the frames' sequence: two runs give equal features to equal boxes, noise included.
    all_features : bool
        Compute features for boxes that are not tracked as well.

    Attributes
    ----------
    outcome : Outcome
        What became of the boxes.
    """

    def __init__(
        self,
        finder: BoxFinder,
        encoder: BoxEncoder | None,
        settings: TrackerSettings,
        name: str,
        all_features: bool = False,
    ) -> None:
        self.outcome = Outcome(settings)
        self._finder, self._encoder, self._settings = finder, encoder, settings
        self._seed, self._all_features = zlib.crc32(name.encode()), all_features

    def at(
        self, source: Source, start: int | None = None, end: int | None = None, every: int = 1
    ) -> Generator[tuple[Seen, Image | None], None, None]:
        """Yield what is seen, with its image, in the frames that `Source.frames` gives."""
        frames, threads = source.frames(start, end, every), self._finder.threads
        with contextlib.ExitStack() as stack:

            def ahead(*args: Any) -> Generator[Any, None, None]:
                return stack.enter_context(contextlib.closing(read_ahead(*args)))

            images = ahead(lambda _: next(frames, None), itertools.count(), IMAGES_AHEAD)
            found = ahead(self._find, itertools.takewhile(lambda each: each is not None, images), threads, threads)
            seen = ahead(self._encode, found, FEATURES_AHEAD, NETWORK_THREADS)
            stack.callback(source.stop)  # first of all, or the threads would be waited for
            yield from ((each, each.image) for each in seen)

    def _find(self, numbered: tuple[int, Image | None]) -> tuple[int, Image | None, NDArray[np.float64]]:
        return (*numbered, self._finder.rows(*numbered))

    def _encode(self, found: tuple[int, Image | None, NDArray[np.float64]]) -> Seen:
        frame, image, rows = found
        chosen = select_rows(rows, self._settings, self.outcome, by_class=True)
        which = np.arange(len(rows)) if self._all_features else chosen
        encoder = self._encoder
        features = np.zeros((len(rows), 0 if encoder is None else encoder.feature_dim), np.float32)
        if encoder is not None and image is not None:
            patches, _ = cut_patches(image, rows[which, 2:6], encoder.patch_shape, (self._seed, frame, 0))
            features[which] = encoder.image_encoder(patches, encoder.batch_size)
        return Seen(frame, image, rows, chosen, features)
