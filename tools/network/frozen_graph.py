"""Frozen TensorFlow graphs of any origin, and errors that say what is wrong with one."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError, require
from application_util.installation import command_name
from tools.network.tensorflow_import import load_tensorflow

OUTWARD = re.compile(
    "File|Save|Restore|Checkpoint|Reader|Dataset|PyFunc|Rpc|Remote|Send|Recv|Summary|Debug|Print|Library"
    "|RecordInput|LoadAndRemap|VocabRemapping|FixedUnigram|Skipgram|ImmutableConst|Proto|DumpTensor|ImportEvent"
    "|Collective|Heartbeat|Distributed"
)
"""In the names of TensorFlow's operations that reach files, other programs or the network when a graph runs."""


class FrozenGraph:
    """One input and one output of a frozen graph, ready to run.

    Parameters
    ----------
    path : str or Path
        A serialized GraphDef (``.pb``) of TensorFlow 1 or 2, control flow of either kind included.
    input_name, output_name : str
        Names of the nodes.
    trust_model : bool
        Take a graph that may read or write files, or reach the network, when it runs.

    Attributes
    ----------
    input_shape : tuple of int or None
        (batch, height, width, channels), None where it is not fixed.
    input_dtype : dtype
    session, source, target : object
        TensorFlow's session, and the tensors of input and output.

    Raises
    ------
    UserError
        If TensorFlow is missing, or the file is no such graph, has no such nodes of rank 4 and 2, or is
        not trusted.
    """

    def __init__(
        self, path: str | Path, input_name: str = "images", output_name: str = "features", trust_model: bool = False
    ) -> None:
        self.path = path
        self._trusted = trust_model
        self._tf = load_tensorflow()
        graph = self._import()
        self.session = self._tf.compat.v1.Session(graph=graph)
        self.source = self._tensor(graph, input_name, "--input_name", _sources(graph))
        self.target = self._tensor(graph, output_name, "--output_name", _sinks(graph))
        self.input_shape = self._shape(self.source, 4, "(batch, height, width, channels)")
        self._shape(self.target, 2, "(batch, features)")
        self.input_dtype = np.dtype(self.source.dtype.as_numpy_dtype)
        self._call = self.session.make_callable(self.target, [self.source])

    def run(self, images: NDArray) -> NDArray[np.float32]:
        """Run the graph on a batch, from any thread.

        Parameters
        ----------
        images : ndarray
            Of `input_shape`; converted to `input_dtype`.

        Returns
        -------
        ndarray of float32, shape (batch, M)

        Raises
        ------
        UserError
            If the graph fails.
        """
        try:
            features = self._call(images.astype(self.input_dtype, copy=False))
        except (self._tf.errors.OpError, ValueError) as error:
            raise UserError(f"{self.path}: running the network failed: {_reason(error)}") from None
        if np.ndim(features) != 2 or len(features) != len(images):
            raise UserError(f"{self.path}: {len(images)} images give an array of shape {np.shape(features)}")
        return np.asarray(features, np.float32)

    def _import(self) -> Any:
        decode_error = require("google.protobuf.message", "features").DecodeError
        try:
            definition = self._tf.compat.v1.GraphDef.FromString(Path(self.path).read_bytes())
            if not definition.node:
                raise ValueError("no nodes in it")
            self._refuse_outward(definition)
            with self._tf.Graph().as_default() as graph:
                self._tf.import_graph_def(definition, name="")
        except OSError as error:
            raise UserError(f"{self.path}: cannot be read ({error.strerror})") from None
        except (decode_error, ValueError, self._tf.errors.OpError) as error:
            raise UserError(f"{self.path}: not a frozen TensorFlow graph ({_reason(error)})") from None
        return graph

    def _refuse_outward(self, definition: Any) -> None:
        """A graph is a program: one from a stranger must not reach beyond its tensors."""
        nodes = [*definition.node, *(node for each in definition.library.function for node in each.node_def)]
        outward = sorted({node.op for node in nodes if OUTWARD.search(node.op)})
        if outward and not self._trusted:
            raise UserError(
                f"{self.path}: this network may reach files or the network when it runs ({', '.join(outward)}): "
                f"{command_name('tools/generate_detections.py')} --trust_model takes it all the same"
            )

    def _tensor(self, graph: Any, name: str, flag: str, candidates: list[str]) -> Any:
        try:
            return graph.get_tensor_by_name(name if ":" in name else f"{name}:0")
        except (KeyError, ValueError):
            likely = ", ".join(candidates[:8]) or "none"
            raise UserError(
                f"{self.path}: no node {name} in this graph (likely: {likely}): "
                f"{command_name('tools/generate_detections.py')} {flag} takes another"
            ) from None

    def _shape(self, tensor: Any, rank: int, meaning: str) -> tuple[int | None, ...]:
        if tensor.shape.rank is None:
            return (None,) * rank
        if tensor.shape.rank != rank:
            raise UserError(f"{self.path}: {tensor.op.name} has shape {tensor.shape}, expected {meaning}")
        return tuple(tensor.shape.as_list())


def _sources(graph: Any) -> list[str]:
    return [operation.name for operation in graph.get_operations() if operation.type == "Placeholder"]


def _sinks(graph: Any) -> list[str]:
    return [
        operation.name
        for operation in graph.get_operations()
        if operation.outputs and not any(tensor.consumers() for tensor in operation.outputs)
    ]


def _reason(error: Exception) -> str:
    """Return the line that says what is wrong: TensorFlow puts it after the one that names the node."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    after_node = [line for before, line in pairwise(lines) if before.startswith("Node:")]
    return (after_node or lines)[0]
