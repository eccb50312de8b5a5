"""Every name that programs written against the original import, and what they call it with."""

from __future__ import annotations

import importlib
import inspect
from operator import attrgetter

import numpy as np
import pytest

from deep_sort.detection import Detection
from deep_sort.kalman_filter import KalmanFilter
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.track import Track
from deep_sort.tracker import Tracker

TRACKER_ARGUMENTS = "nms_max_overlap min_detection_height max_cosine_distance nn_budget"
CALLABLES = {  # module: {name: arguments in order, the optional ones after a bar}
    "deep_sort.detection": {
        "Detection": "tlwh confidence feature",
        "Detection.to_tlbr": "self",
        "Detection.to_xyah": "self",
    },
    "deep_sort.iou_matching": {
        "iou": "bbox candidates",
        "iou_cost": "tracks detections | track_indices detection_indices",
        "linear_assignment.min_cost_matching": "distance_metric max_distance tracks detections",
    },
    "deep_sort.kalman_filter": {
        "KalmanFilter": "",
        "KalmanFilter.initiate": "self measurement",
        "KalmanFilter.predict": "self mean covariance",
        "KalmanFilter.project": "self mean covariance",
        "KalmanFilter.update": "self mean covariance measurement",
        "KalmanFilter.gating_distance": "self mean covariance measurements | only_position",
    },
    "deep_sort.linear_assignment": {
        "min_cost_matching": "distance_metric max_distance tracks detections | track_indices detection_indices",
        "matching_cascade": "distance_metric max_distance cascade_depth tracks detections | track_indices"
        " detection_indices",
        "gate_cost_matrix": "kf cost_matrix tracks detections track_indices detection_indices | gated_cost"
        " only_position",
        "kalman_filter.KalmanFilter": "",
    },
    "deep_sort.nn_matching": {
        "NearestNeighborDistanceMetric": "metric matching_threshold | budget",
        "NearestNeighborDistanceMetric.partial_fit": "self features targets active_targets",
        "NearestNeighborDistanceMetric.distance": "self features targets",
        "_pdist": "a b",
        "_cosine_distance": "a b | data_is_normalized",
        "_nn_euclidean_distance": "x y",
        "_nn_cosine_distance": "x y",
    },
    "deep_sort.preprocessing": {"non_max_suppression": "boxes max_bbox_overlap | scores"},
    "deep_sort.track": {
        "Track": "mean covariance track_id n_init max_age | feature",
        "Track.to_tlwh": "self",
        "Track.to_tlbr": "self",
        "Track.is_tentative": "self",
        "Track.is_confirmed": "self",
        "Track.is_deleted": "self",
        "Track.predict": "self kf",
        "Track.update": "self kf detection",
        "Track.mark_missed": "self",
    },
    "deep_sort.tracker": {
        "Tracker": "metric | max_iou_distance max_age n_init",
        "Tracker.predict": "self",
        "Tracker.update": "self detections",
        "Tracker._match": "self detections",
        "Tracker._initiate_track": "self detection",
        "kalman_filter.KalmanFilter": "",
        "iou_matching.iou_cost": "tracks detections",
        "linear_assignment.matching_cascade": "distance_metric max_distance cascade_depth tracks detections",
        "Track": "mean covariance track_id n_init max_age",
    },
    "application_util.preprocessing": {"non_max_suppression": "boxes max_bbox_overlap | scores"},
    "application_util.image_viewer": {
        "ImageViewer": "update_ms | window_shape caption",
        "ImageViewer.rectangle": "self x y w h | label",
        "ImageViewer.circle": "self x y radius | label",
        "ImageViewer.gaussian": "self mean covariance | label",
        "ImageViewer.annotate": "self x y text",
        "ImageViewer.colored_points": "self points | colors skip_index_check",
        "ImageViewer.enable_videowriter": "self video_filename | fourcc_string fps",
        "ImageViewer.disable_videowriter": "self",
        "ImageViewer.run": "self | update_fun",
        "ImageViewer.stop": "self",
    },
    "application_util.visualization": {
        "create_unique_color_float": "tag | hue_step",
        "create_unique_color_uchar": "tag | hue_step",
        "NoVisualization": "seq_info",
        "Visualization": "seq_info update_ms",
        "ImageViewer": "update_ms",
        **{
            f"{name}.{method}": arguments
            for name in ("NoVisualization", "Visualization")
            for method, arguments in {
                "set_image": "self image",
                "draw_groundtruth": "self track_ids boxes",
                "draw_detections": "self detections",
                "draw_trackers": "self tracks",
                "run": "self frame_callback",
            }.items()
        },
    },
    "tools.generate_detections": {
        "create_box_encoder": "model_filename | input_name output_name batch_size",
        "ImageEncoder": "checkpoint_filename | input_name output_name",
        "extract_image_patch": "image bbox patch_shape",
        "generate_detections": "encoder mot_dir output_dir | detection_dir",
        "parse_args": "",
        "main": "",
    },
    "tools.freeze_model": {"parse_args": "", "main": ""},
    "deep_sort_app": {
        "gather_sequence_info": "sequence_dir detection_file",
        "create_detections": "detection_mat frame_idx | min_height",
        "run": f"sequence_dir detection_file output_file min_confidence {TRACKER_ARGUMENTS} display",
        "parse_args": "",
        "bool_string": "text",
        "Tracker": "metric",
        "Detection": "tlwh confidence feature",
        "nn_matching.NearestNeighborDistanceMetric": "metric matching_threshold",
        "preprocessing.non_max_suppression": "boxes max_bbox_overlap",
        "visualization.Visualization": "seq_info update_ms",
        "visualization.NoVisualization": "seq_info",
    },
    "evaluate_motchallenge": {"run": "mot_dir", "parse_args": ""},
    "show_results": {
        "run": "sequence_dir result_file | show_false_alarms detection_file update_ms video_filename",
        "parse_args": "",
        "iou": "bbox candidates",
    },
    "generate_videos": {"run": "mot_dir result_dir output_dir", "parse_args": ""},
}
"""As the original's callers give them; more may follow."""


@pytest.mark.parametrize(
    ("module", "name", "arguments"),
    [(module, name, arguments) for module, names in CALLABLES.items() for name, arguments in names.items()],
)
def test_callable(module, name, arguments):
    found = attrgetter(name)(importlib.import_module(module))
    parameters = list(inspect.signature(found).parameters.values())
    needed, _, optional = arguments.partition("|")
    names = [*needed.split(), *optional.split()]
    assert [each.name for each in parameters[: len(names)]] == names
    assert all(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters[: len(names)])
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    assert all(each.default is not each.empty or each.kind in variable for each in parameters[len(needed.split()) :])


def test_constants():
    assert importlib.import_module("deep_sort.linear_assignment").INFTY_COST == 1e5
    assert importlib.import_module("deep_sort.kalman_filter").chi2inv95[4] == 9.4877
    states = importlib.import_module("deep_sort.track").TrackState
    assert (states.Tentative, states.Confirmed, states.Deleted) == (1, 2, 3)


def test_attributes():
    filter_ = KalmanFilter()
    detection = Detection(np.array([10.0, 20, 30, 60]), 0.9, np.array([0.6, 0.8]))
    metric = NearestNeighborDistanceMetric("cosine", 0.2, 100)
    track = Track(*filter_.initiate(detection.to_xyah()), 1, 3, 30, detection.feature)
    tracker = Tracker(metric)
    wanted = {
        filter_: "_motion_mat _update_mat",
        detection: "tlwh confidence feature",
        metric: "samples matching_threshold budget _metric",
        track: "mean covariance track_id hits age time_since_update state features _n_init _max_age",
        tracker: "metric max_iou_distance max_age n_init kf tracks _next_id",
    }
    for owner, names in wanted.items():
        assert [name for name in names.split() if not hasattr(owner, name)] == []


def test_attributes_of_the_viewer():
    viewer = importlib.import_module("application_util.image_viewer").ImageViewer(40, (64, 48), "Figure 1")
    for name in ("image", "color", "text_color", "thickness"):
        assert hasattr(viewer, name)
