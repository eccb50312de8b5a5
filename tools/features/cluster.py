"""Features of many sequences on a cluster: workers read images, what they made is written here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from application_util.files.network_card import NetworkCard, write_card
from application_util.files.output import write_whole
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.sequences.sequence import read_sequence
from tools.features.encode_sequence import encode_sequence
from tools.features.encode_sequences import say_encoded
from tools.features.encoder import BoxEncoder, load_box_encoder
from tools.features.encoding_job import EncodingJob, finished_card, read_input
from tools.features.encoding_report import EncodingReport
from tools.features.network_options import Network


def encode_on_cluster(scheduler: str, network: Network, jobs: Sequence[EncodingJob]) -> Failures:
    """Make the detection files of sequences.

    Parameters
    ----------
    scheduler : str
        Address of a dask.distributed scheduler. Its workers find sequences and network at the paths given,
        and have the network's runtime.
    network : Network
    jobs : sequence of EncodingJob

    Returns
    -------
    Failures
        Sequences that failed, and why; the others have their file.

    Raises
    ------
    UserError
        If no scheduler answers there.
    """
    network = replace(network, model=network.model.absolute())
    queue = [Job(job.name, (network, _absolute(job)), len(read_input(job).rows)) for job in jobs]
    jobs_by_name = {job.name: job for job in jobs}
    images = {job.name: read_sequence(job.sequence_dir).hash_images() for job in jobs}
    failures = Failures()
    for outcome in JobRunner(1, scheduler).run(encode_into_bytes, queue, "encoding", "crop"):
        name = outcome.job.name
        if outcome.error is not None:
            failures[name] = outcome.error
            continue
        report, content, card = outcome.value
        job = jobs_by_name[name]
        write_whole(job.output_path, content)
        write_card(job.output_path, finished_card(card, job, images[name]))
        say_encoded(report, job.output_path)
    return failures


def encode_into_bytes(network: Network, job: EncodingJob) -> tuple[EncodingReport, bytes, NetworkCard | None]:
    """Encode a sequence on a worker; return the report, what the detection file would hold, the network's card."""
    encoder = _encoder(network)
    with tempfile.TemporaryDirectory(prefix="deep-sort-") as folder:
        output_path = Path(folder) / job.output_path.name
        report = encode_sequence(encoder, replace(job, output_path=output_path))
        return report, output_path.read_bytes(), encoder.card


@lru_cache(maxsize=1)
def _encoder(network: Network) -> BoxEncoder:
    """Load a network once for all sequences of a worker."""
    return load_box_encoder(network)


def _absolute(job: EncodingJob) -> EncodingJob:
    return replace(job, sequence_dir=job.sequence_dir.absolute(), detection_path=job.detection_path.absolute())
