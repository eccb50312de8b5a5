"""Deep SORT: simple online and realtime tracking with a deep association metric.

Wojke, Bewley and Paulus, ICIP 2017, in NumPy and SciPy. A frame, step by step (`Tracker.predict`, `Tracker.update`):

1. **Predict** each track's state by a Kalman filter of constant velocity (section 2.1; `KalmanFilter.predict`).
2. **Associate** detections with tracks (section 2.3; `Tracker.match`):

   a. confirmed tracks by appearance, in a cascade: those seen more recently choose first (listing 1);
   b. what is left, tracks that are unconfirmed or were seen in the frame before, by overlap (`iou_matching.iou_cost`).

3. **Update** the matched tracks (`Track.update`). Others are missed, and deleted in time (`Track.mark_missed`).
4. **Initiate** a tentative track from each detection that is left; `n_init` detections confirm it.
5. **Learn** the appearance of confirmed tracks (`NearestNeighborDistanceMetric.partial_fit`).

Equations, with (y_i, S_i) the measurement that track i predicts, d_j a detection's box, r_j its appearance, and R_i
the appearances of track i that are remembered:

=== ===================================================== ======================================================
(1) d1(i, j) = (d_j - y_i)' inv(S_i) (d_j - y_i)          `KalmanFilter.gating_distance`
(2) b1(i, j) = 1 if d1(i, j) <= 9.4877, else 0            `linear_assignment.gate_cost_matrix`, ``chi2inv95[4]``
(3) d2(i, j) = min {1 - r_j' r : r in R_i}                `NearestNeighborDistanceMetric.distance`
(4) b2(i, j) = 1 if d2(i, j) <= max_cosine_distance       ``max_distance`` of `linear_assignment.min_cost_matching`
(5) c(i, j) = w d1(i, j) + (1 - w) d2(i, j)               w = 0, as in the paper's experiments: d2 alone is the cost
(6) b(i, j) = b1(i, j) b2(i, j)                           pairs outside one of the gates cost too much to be matched
=== ===================================================== ======================================================

Listing 1, the matching cascade, is `linear_assignment.matching_cascade`:

====== ============================================ ==================================================
line 1 costs c(i, j)                                its argument ``distance_metric``
2      gates b(i, j)                                applied to the costs by `gate_cost_matrix`
3, 4   no matches, all detections unmatched         ``matches``, ``unmatched_detections``
5      for n = 1 to the largest age                 ``time_since_update`` up to ``cascade_depth``
6      tracks last seen n frames ago                ``levels[n]``
7      least-cost assignment to what is unmatched   `min_cost_matching`
8, 9   add admissible pairs, take out detections    what `min_cost_matching` returns
====== ============================================ ==================================================

::

    from deep_sort import Detection, NearestNeighborDistanceMetric, Tracker

    tracker = Tracker(NearestNeighborDistanceMetric("cosine", matching_threshold=0.2, budget=100))
    for boxes, scores, features in frames:
        tracker.predict()
        tracker.update([Detection(*found) for found in zip(boxes, scores, features)])
        for track in tracker.tracks:
            if track.is_confirmed() and track.time_since_update == 0:
                print(track.track_id, track.to_tlwh())
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .deep_sort import DeepSort as DeepSort
    from .detection import Detection as Detection
    from .detection import Detections as Detections
    from .kalman_filter import KalmanFilter as KalmanFilter
    from .nn_matching import NearestNeighborDistanceMetric as NearestNeighborDistanceMetric
    from .track import Track as Track
    from .tracker import Tracker as Tracker

__version__ = "1.0.0.dev0"

_MODULES = {
    "DeepSort": "deep_sort",
    "Detection": "detection",
    "Detections": "detection",
    "KalmanFilter": "kalman_filter",
    "NearestNeighborDistanceMetric": "nn_matching",
    "Track": "track",
    "Tracker": "tracker",
}
__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    """Import what is asked for: the package itself is light."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
