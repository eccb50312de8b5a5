"""Flags of commands that run many sequences."""

from __future__ import annotations

import argparse

from application_util.cli import positive_int


def add_worker_flags(parser: argparse.ArgumentParser) -> None:
    """Add ``--jobs`` and ``--scheduler``."""
    add = parser.add_argument_group("where it runs").add_argument
    add("--jobs", type=positive_int, metavar="N", help="processes on this machine (default: one per core)")
    add("--scheduler", metavar="ADDRESS",
        help="dask.distributed scheduler whose workers do the work, such as tcp://host:8786")  # fmt: skip
