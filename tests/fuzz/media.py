"""Readers of images, videos, data sets of images, and networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tests.fuzz import mutations
from tests.fuzz.reader import FRAMES, NAME, SIZE, Reader
from tests.support.crops import make_market, make_mars, zip_folder
from tests.support.sequences import make_sequence, noise_image


def _prepare_image(suffix: str) -> Callable[[Path], list[bytes]]:
    def prepare(folder: Path) -> list[bytes]:
        make_sequence(folder / NAME, [], SIZE)
        kinds = (noise_image(1, SIZE), noise_image(2, (9, 5)), noise_image(3, SIZE)[..., 0])
        return [cv2.imencode(suffix, image)[1].tobytes() for image in kinds]

    return prepare


def _read_image(folder: Path) -> None:
    from application_util.sequences.sequence import read_sequence

    images = read_sequence(folder / NAME).images
    _ = images.size
    images.read(1)
    images.read(1, whole=True)


def _prepare_video(suffix: str, code: str) -> Callable[[Path], list[bytes]]:
    def prepare(folder: Path) -> list[bytes]:
        path = folder / f"{NAME}{suffix}"
        fourcc = cv2.VideoWriter_fourcc(*code)  # type: ignore[attr-defined]
        writer = cv2.VideoWriter(str(path), fourcc, 25.0, SIZE[::-1])
        for frame in range(FRAMES):
            writer.write(noise_image(frame, SIZE))
        writer.release()
        return [path.read_bytes()]

    return prepare


def _read_video(suffix: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        from application_util.sequences.sequence import read_sequence

        sequence = read_sequence(folder / f"{NAME}{suffix}")
        _ = sequence.update_ms, sequence.image_size
        for frame in range(1, min(len(sequence.images), 2 * FRAMES) + 1):
            sequence.images.read(frame)

    return read


def _prepare_zip(folder: Path) -> list[bytes]:
    make_market(folder / "data", people=2, each=2)
    return [zip_folder(folder / "data", folder / "market.zip").read_bytes()]


def _read_zip(folder: Path) -> None:
    _read_dataset("market1501", folder / "market.zip", "train")


def _read_dataset(kind: str, place: Path, split: str) -> None:
    from tools.reid.readers import read_dataset

    read_dataset(kind, place, split, (32, 16))


def _prepare_mars(target: str) -> Callable[[Path], list[bytes]]:
    def prepare(folder: Path) -> list[bytes]:
        make_mars(folder / "mars")
        return [(folder / "mars" / "info" / target).read_bytes()]

    return prepare


def _read_mars(folder: Path) -> None:
    for split in ("query", "gallery"):
        _read_dataset("mars", folder / "mars", split)


def _prepare_network(folder: Path) -> list[bytes]:
    from tests.support.networks import write_tiny_network

    kinds = ("reverse", "loop of TensorFlow 2")
    return [write_tiny_network(folder / "network.pb", flip=kind).read_bytes() for kind in kinds]


def _read_network(folder: Path) -> None:
    from tools.features.encoder import ImageEncoder

    ImageEncoder(folder / "network.pb")(np.zeros((2, 16, 8, 3), np.uint8))


def _prepare_checkpoint(target: str) -> Callable[[Path], list[bytes]]:
    def prepare(folder: Path) -> list[bytes]:
        from tools.reid.weights import initial_variables, save_variables

        save_variables(folder / "checkpoint", initial_variables((16, 8), 3, seed=0))
        return [(folder / f"checkpoint{target}").read_bytes()]

    return prepare


def _read_checkpoint(folder: Path) -> None:
    from tools.network.checkpoint import read_checkpoint
    from tools.reid.weights import load_variables

    load_variables(folder / "checkpoint")
    read_checkpoint(folder / "checkpoint", (16, 8))


def _prepare_state(folder: Path) -> list[bytes]:
    from tools.reid.weights import initial_variables, save_variables

    variables = initial_variables((16, 8), 3, seed=0)
    save_variables(folder / "run" / "state-10", variables | {"global_step": np.int64(10)})
    return [b"state-10"]


def _read_state(folder: Path) -> None:
    from tools.reid.run_state import RunState

    RunState(folder / "run").load()


def _image(suffix: str, edits: tuple[mutations.Edit, ...] = mutations.BYTES) -> Reader:
    target = f"{NAME}/img1/000001{suffix}"
    return Reader(f"image {suffix}", target, _prepare_image(suffix), _read_image, edits)


def _video(suffix: str, code: str) -> Reader:
    target = f"{NAME}{suffix}"
    return Reader(f"video {suffix}", target, _prepare_video(suffix, code), _read_video(suffix), mutations.BYTES)


def _mars(file: str, edits: tuple[mutations.Edit, ...] = mutations.BYTES) -> Reader:
    return Reader(f"MARS {file}", f"mars/info/{file}", _prepare_mars(file), _read_mars, edits, ("mars",))


def _checkpoint(ending: str) -> Reader:
    file = f"checkpoint{ending}"
    prepare = _prepare_checkpoint(ending)
    return Reader(file, file, prepare, _read_checkpoint, mutations.BYTES, ("checkpoint",), network=True)


MEDIA = (
    _image(".jpg"),
    _image(".png", mutations.PNG),
    _image(".bmp"),
    _image(".tif"),
    _image(".webp"),
    _video(".avi", "MJPG"),
    _video(".mp4", "mp4v"),
    _video(".mkv", "mp4v"),
    Reader("zip of images", "market.zip", _prepare_zip, _read_zip, mutations.ZIP),
    _mars("query_IDX.mat"),
    _mars("tracks_test_info.mat"),
    _mars("test_name.txt", mutations.TEXT),
    Reader("network .pb", "network.pb", _prepare_network, _read_network, mutations.BYTES, network=True),
    _checkpoint(".index"),
    Reader("latest", "run/latest", _prepare_state, _read_state, mutations.TEXT, ("run",), network=True),
    _checkpoint(".data-00000-of-00001"),
)
