"""Every reader on broken files: a result, or one line that names the file. `make fuzz` does it for longer."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.readers import READERS, Reader
from tests.fuzz.worker import try_case

pytestmark = pytest.mark.slow

FILES = 12
LIGHT = [reader for reader in READERS if not reader.network]


@pytest.mark.parametrize("reader", LIGHT, ids=lambda reader: reader.name)
def test_broken_files_are_read_or_refused_with_a_line_that_names_them(
    reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for sample in reader.samples(folder):
        assert try_case(reader, folder, sample).kind == "read"

    @settings(max_examples=FILES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.randoms(use_true_random=False))
    def check(chance: Random) -> None:
        outcome = try_case(reader, folder, reader.broken(folder, chance))
        assert outcome.kind in ("read", "refused"), outcome.text

    check()
