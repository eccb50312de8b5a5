"""Which rows of detections cannot be tracked, and what is said of the first."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.files.invalid_rows import find_invalid_rows

FRAME, LEFT, TOP, WIDTH, HEIGHT, CONFIDENCE, FEATURE = 0, 2, 3, 4, 5, 6, slice(10, None)


def rows_with(column, value):
    """Return five rows of which the fourth has another value in a column."""
    rows = np.ones((5, 13))
    rows[:, [LEFT, TOP]] = -1
    rows[3, column] = value
    return rows


@pytest.mark.parametrize(("column", "value", "complaint"), [
    (FRAME, np.nan, "column 1 (frame): nan is not finite"),
    (CONFIDENCE, np.inf, "column 7 (confidence): inf is not finite"),
    (FRAME, -1, "column 1 (frame): -1 is not a whole number of at least 0"),
    (FRAME, 2.5, "column 1 (frame): 2.5 is not"), (FRAME, 2.0**53, "column 1 (frame): 9.00719925474099e+15 is not"),
    (WIDTH, 0, "column 5 (width): 0 is not positive"), (HEIGHT, -2, "column 6 (height): -2 is not positive"),
    (LEFT, -2e50, "column 3 (left): -2e+50 is no number of pixels"), (TOP, 2e50, "column 4 (top): 2e+50 is no"),
    (WIDTH, 2e50, "column 5 (width): 2e+50 is no"), (HEIGHT, 2e50, "column 6 (height): 2e+50 is no"),
    (WIDTH, 5e-51, "column 5 (width): 5e-51 is no"), (HEIGHT, 5e-51, "column 6 (height): 5e-51 is no"),
    (11, np.nan, "column 12 (feature component 2): nan is not finite"),
    (FEATURE, 0, "columns 11 to 13 (feature): all zero, which has no direction"),
    (FEATURE, 1e300, "columns 11 to 13 (feature): too large or too small for 32-bit numbers"),
    (FEATURE, 1e-30, "columns 11 to 13 (feature): too large or too small for 32-bit numbers"),
])  # fmt: skip
def test_an_invalid_row_is_described(column, value, complaint):
    invalid = find_invalid_rows(rows_with(column, value))
    assert invalid.rows.tolist() == [False, False, False, True, False] and invalid.any()
    frame = f"{invalid.array[3, 0]:.15g}"
    assert invalid.describe(7).startswith(f"row 11 (index 10, frame {frame}): {complaint}")
    assert invalid.describe().startswith("row 4 (index 3, ")


@pytest.mark.parametrize(("column", "value"), [
    (FRAME, 0), (FRAME, 2.0**53 - 1), (LEFT, 1e50), (TOP, -1e50), (WIDTH, 1e50), (HEIGHT, 1e-50), (CONFIDENCE, -1e300),
    (1, np.nan), (7, np.nan), (9, np.nan), (12, 0), (FEATURE, -1e-15),
])  # fmt: skip
def test_all_that_can_be_tracked_is_valid(column, value):
    invalid = find_invalid_rows(rows_with(column, value))
    assert not invalid.any() and np.array_equal(invalid.frames, invalid.array[:, 0])


def test_rows_without_features_are_valid():
    assert not find_invalid_rows(np.ones((2, 10))).any()
