"""Run a frozen network over images that are all in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from application_util.errors import UserError
from tools.network import Variables, inference_graph
from tools.reid_data import resize_images
from tools.tensorflow_import import load_tensorflow

BATCH_SIZE = 64


class FrozenNetwork:
    """A frozen graph, ready to run.

    Parameters
    ----------
    graph_def : GraphDef
        The graph; one input of rank 4, uint8 BGR images, and one output of rank 2.
    input_name, output_name : str
        Names of these nodes.
    name : str
        What to call the network in messages.

    Raises
    ------
    UserError
        If the graph has no such nodes or they have another rank.
    """

    def __init__(
        self,
        graph_def: object,
        input_name: str = "images",
        output_name: str = "features",
        name: str = "network",
    ):
        tf = load_tensorflow()
        with tf.Graph().as_default() as graph:
            try:
                tf.import_graph_def(graph_def, name="")
                self._images = graph.get_tensor_by_name(f"{input_name}:0")
                self._features = graph.get_tensor_by_name(f"{output_name}:0")
            except (KeyError, ValueError) as error:
                raise UserError(f"{name}: not the expected graph: {str(error).splitlines()[0]}") from None
            shape = self._images.shape
            if shape.rank != 4 or shape[3] != 3 or self._features.shape.rank not in (2, None):
                raise UserError(
                    f"{name}: {input_name}: shape {shape} found, (None, height, width, 3) expected"
                )
            self.image_shape = (int(shape[1]), int(shape[2]))
            self._session = tf.compat.v1.Session(graph=graph)

    @classmethod
    def load(
        cls, path: str | Path, input_name: str = "images", output_name: str = "features"
    ) -> FrozenNetwork:
        """Load a ``.pb`` file.

        Raises
        ------
        UserError
            If the file cannot be read as a frozen graph.
        """
        tf = load_tensorflow()
        try:
            graph_def = tf.compat.v1.GraphDef.FromString(Path(path).read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror}") from None
        except Exception:  # protobuf's DecodeError, without importing protobuf for its name
            raise UserError(f"{path}: not a frozen graph") from None
        return cls(graph_def, input_name, output_name, str(path))

    @classmethod
    def of(cls, variables: Variables, image_shape: tuple[int, int]) -> FrozenNetwork:
        """The network with the given weights."""
        return cls(inference_graph(variables, image_shape))

    def __call__(self, images: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Features of (N, H, W, 3) uint8 BGR images of any size: (N, M) float32, rows of unit length."""
        features = []
        for start in range(0, len(images), batch_size):
            batch = resize_images(images[start : start + batch_size], self.image_shape)
            features.append(self._session.run(self._features, {self._images: batch}))
        found = np.concatenate(features)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
