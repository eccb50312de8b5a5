"""Tracks that survive misses before they are confirmed."""

from __future__ import annotations

from deep_sort.track import Track


class PatientTrack(Track):
    """A track that is not given up at the first miss while it is tentative.

    Attributes
    ----------
    grace : int
        Misses in a row that it survives; 0 is the original's rule.
    """

    batched = True
    grace = 0

    def mark_missed(self) -> None:
        """Note that no detection belongs to this track in this frame."""
        if not (self.is_tentative() and self.time_since_update <= self.grace):
            super().mark_missed()
