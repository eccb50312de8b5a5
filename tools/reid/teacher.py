"""A teacher's embeddings of training images, computed once and kept."""

from __future__ import annotations

import hashlib
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.files.network_card import network_sha256
from application_util.files.output import write_whole
from application_util.progress import progress_count
from tools.features.encoder import ImageEncoder
from tools.reid.data import resize_images
from tools.reid.distillation import unit_rows

IMAGES_AT_ONCE = 16
SAVE_IMAGES = 4096
THREADS = 2


class Teacher:
    """A network whose embeddings others learn.

    Parameters
    ----------
    model : str or Path
        The network, of any kind that `ImageEncoder` loads; what images it takes is read from its card
        (``<network>.json``), by default BGR from 0 to 255.
    cache_dir : str or Path
        Gets ``teacher-<fingerprint>.npz``, with the embedding of each image by the image's sha256.
    precision : str
        Of its arithmetic, where OpenVINO runs it.

    Attributes
    ----------
    fingerprint : str
        Hash of the network, its precision, and what images it takes.
    """

    def __init__(self, model: str | Path, cache_dir: str | Path, precision: str = "float32") -> None:
        if Path(model).suffix.lower() == ".pb":
            precision = "float32"
        self.network = ImageEncoder(model, precision=precision)
        text = f"{network_sha256(model)} {precision} {self.network.image_format}"
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()
        self.cache = Path(cache_dir) / f"teacher-{self.fingerprint[:16]}.npz"

    def embed(self, images: np.ndarray) -> np.ndarray:
        """Return the embeddings of images, from the cache where they are in it.

        Parameters
        ----------
        images : ndarray
            (N, H, W, 3) uint8, BGR, of any one size.

        Returns
        -------
        ndarray
            (N, E) float32, rows of unit length.

        Raises
        ------
        UserError
            If the cache cannot be read or written.
        """
        keys = [hashlib.sha256(image.tobytes()).digest() for image in images]
        known = self._load()
        new = [place for place, key in enumerate(keys) if key not in known]
        with progress_count("teacher", "image", len(new)) as count:
            for start in range(0, len(new), SAVE_IMAGES):
                chosen = new[start : start + SAVE_IMAGES]
                embeddings = self._compute(images[chosen])
                known |= zip((keys[place] for place in chosen), embeddings, strict=True)
                self._save(known)
                count(len(chosen))
        return np.stack([known[key] for key in keys])

    def _compute(self, images: np.ndarray) -> np.ndarray:
        height, width, _ = self.network.image_shape
        parts = [images[start : start + IMAGES_AT_ONCE] for start in range(0, len(images), IMAGES_AT_ONCE)]
        with ThreadPoolExecutor(THREADS) as pool:
            found = pool.map(lambda part: self.network(resize_images(part, (height, width)), len(part)), parts)
            return unit_rows(np.concatenate(list(found))).astype(np.float32)

    def _load(self) -> dict[bytes, np.ndarray]:
        if not self.cache.is_file():
            return {}
        try:
            with np.load(self.cache, allow_pickle=False) as kept:
                keys = [key.tobytes() for key in kept["keys"]]
                return dict(zip(keys, kept["embeddings"], strict=True))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            raise UserError(f"{self.cache}: damaged cache of embeddings; delete it to compute them again") from None

    def _save(self, known: dict[bytes, np.ndarray]) -> None:
        keys = np.stack([np.frombuffer(key, np.uint8) for key in known])
        embeddings = np.stack(list(known.values()))
        file = io.BytesIO()
        np.savez(file, keys=keys, embeddings=embeddings)
        write_whole(self.cache, file.getvalue())
