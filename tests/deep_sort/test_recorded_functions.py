"""Functions give what the original's gave: 1e-9 in float64, 1e-6 in float32, orders and indices exactly."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from application_util.preprocessing import non_max_suppression
from deep_sort.detection import Detection
from deep_sort.iou_matching import iou
from deep_sort.kalman_filter import KalmanFilter
from deep_sort.linear_assignment import min_cost_matching
from deep_sort.nn_matching import NearestNeighborDistanceMetric

RECORDED_BUDGET = 7


def test_detection(functions):
    detections = [Detection(tlwh, 1.0, [0.0]) for tlwh in functions["detection_tlwh"]]
    assert_allclose([d.to_tlbr() for d in detections], functions["detection_tlbr"], rtol=0, atol=1e-9)
    assert_allclose([d.to_xyah() for d in detections], functions["detection_xyah"], rtol=0, atol=1e-9)


def test_iou(functions):
    boxes, candidates = functions["detection_tlwh"], functions["iou_candidates"]
    assert_allclose([iou(box, candidates) for box in boxes], functions["iou"], rtol=0, atol=1e-9)
    assert_allclose(iou(boxes, candidates), functions["iou"], rtol=0, atol=1e-9)


def test_kalman_filter(functions):
    kf = KalmanFilter()
    measurements = functions["kalman_measurements"]
    mean, covariance = kf.initiate(measurements[0])
    for step, updated in enumerate(functions["kalman_updated_at"]):
        if step:
            mean, covariance = kf.predict(mean, covariance)
            if updated:
                mean, covariance = kf.update(mean, covariance, measurements[step])
        assert_allclose(mean, functions["kalman_means"][step], rtol=1e-9, atol=1e-9)
        assert_allclose(covariance, functions["kalman_covariances"][step], rtol=1e-9, atol=1e-9)
        projected_mean, projected_covariance = kf.project(mean, covariance)
        assert_allclose(projected_mean, functions["kalman_projected_means"][step], rtol=1e-9, atol=1e-9)
        assert_allclose(projected_covariance, functions["kalman_projected_covariances"][step], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("key", "only_position"), [("gating_distance", False), ("gating_distance_position", True)])
def test_gating_distance(functions, key, only_position):
    kf = KalmanFilter()
    means, covariances = functions["kalman_means"], functions["kalman_covariances"]
    together = kf.gating_distance(means, covariances, functions["gating_measurements"], only_position)
    one_by_one = [
        kf.gating_distance(mean, covariance, functions["gating_measurements"], only_position)
        for mean, covariance in zip(means, covariances, strict=True)
    ]
    assert_allclose(together, functions[key], rtol=1e-9)
    assert_allclose(one_by_one, functions[key], rtol=1e-9)


@pytest.mark.parametrize("name", ["cosine", "euclidean"])
def test_nearest_neighbor(functions, name):
    metric = NearestNeighborDistanceMetric(name, 0.2, RECORDED_BUDGET)
    for step in range(12):
        features, targets, active = (
            functions[f"nn_{name}_{what}_{step}"] for what in ("features", "targets", "active")
        )
        metric.partial_fit(features, targets, active.tolist())
    distance = metric.distance(functions[f"nn_{name}_query"], functions[f"nn_{name}_known"])
    assert_allclose(distance, functions[f"nn_{name}_distance"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("overlap", ["0.3", "0.5", "0.8", "1.0"])
def test_suppression(functions, overlap):
    boxes, scores = functions["nms_boxes"], functions["nms_scores"]
    kept = non_max_suppression(boxes, float(overlap))
    assert_array_equal(kept, functions[f"nms_kept_noscore_{overlap}"])
    if not np.array_equal(np.argsort(scores)[::-1], functions["nms_kept_1.0"]):
        pytest.skip("the recorded scores have ties, which this processor sorts in another order")
    assert_array_equal(non_max_suppression(boxes, float(overlap), scores), functions[f"nms_kept_{overlap}"])


def test_min_cost_matching(functions):
    tracks, detections = (functions[f"mcm_{what}_indices"].tolist() for what in ("track", "detection"))

    def cost(_tracks, _detections, track_indices, detection_indices):
        assert (track_indices, detection_indices) == (tracks, detections)
        return functions["mcm_cost"].copy()

    matches, unmatched_tracks, unmatched_detections = min_cost_matching(
        cost, float(functions["mcm_max_distance"]), range(50), range(50), tracks, detections
    )
    assert_array_equal(matches, functions["mcm_matches"])
    assert_array_equal(unmatched_tracks, functions["mcm_unmatched_tracks"])
    assert_array_equal(unmatched_detections, functions["mcm_unmatched_detections"])
