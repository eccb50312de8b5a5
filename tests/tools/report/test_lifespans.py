from __future__ import annotations

import numpy as np

from tools.report.lifespans import lifespans_of


def test_stretches_and_gaps_of_interleaved_tracks_in_any_order():
    frames_of = {7: [3, 4, 5, 9, 10, 12], 2: [4], 5: [1, 2, 3]}
    table = np.array([[frame, track] for track, frames in frames_of.items() for frame in frames], dtype=float)
    lifespans = lifespans_of(np.random.default_rng(0).permutation(table))
    assert lifespans.ids.tolist() == [5, 7, 2]
    assert lifespans.first.tolist() == [1, 3, 4]
    assert lifespans.last.tolist() == [3, 12, 4]
    assert lifespans.lengths.tolist() == [3, 10, 1]
    assert lifespans.stretches.tolist() == [[2, 4, 4], [5, 1, 3], [7, 3, 5], [7, 9, 10], [7, 12, 12]]
    assert lifespans.gaps.tolist() == [3, 1]
