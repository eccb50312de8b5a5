"""Post-processing as plainly as the equations, box by box: slow, and to compare with."""

from __future__ import annotations

import itertools
import math

import numpy as np


def by_track(rows):
    """Return dict of id -> sorted list of (frame, box)."""
    tracks = {}
    for frame, track, *box in rows:
        tracks.setdefault(int(track), []).append((int(frame), np.array(box[:4], dtype=float)))
    return {track: sorted(boxes, key=lambda each: each[0]) for track, boxes in tracks.items()}


def fill(rows, longest):
    """Return the rows that fill gaps."""
    added = []
    for track, boxes in by_track(rows).items():
        for (before, first), (after, last) in itertools.pairwise(boxes):
            if after - before - 1 <= longest:
                for frame in range(before + 1, after):
                    part = (frame - before) / (after - before)
                    added.append([frame, track, *(first + part * (last - first))])
    return added


def smooth(rows, scale, noise=1 / 20):
    """Return smoothed rows: one dense system a track, solved by the inverse."""
    smoothed = []
    for track, boxes in by_track(rows).items():
        frames = np.array([frame for frame, _ in boxes], dtype=float)
        values = np.array([box for _, box in boxes])
        if len(frames) > 2:
            design = np.column_stack([np.ones(len(frames)), frames])
            hat = design @ np.linalg.inv(design.T @ design) @ design.T
            kernel = np.array([[math.exp(-((a - b) ** 2) / (2 * scale**2)) for b in frames] for a in frames])
            inverse = np.linalg.inv(kernel + noise**2 * np.eye(len(frames)))
            values = hat @ values + kernel @ inverse @ (values - hat @ values)
        smoothed += [[int(frame), track, *box] for frame, box in zip(frames, values, strict=True)]
    return smoothed


def link(rows, features, longest, max_distance, near, velocity_boxes):
    """Return id -> id of the track that it continues: the best of all one-to-one choices, tried one by one.

    Best is the largest sum of 2 - cost.
    """
    tracks = by_track(rows)
    costs = {}
    for earlier, later in itertools.permutations([track for track in tracks if track in features], 2):
        end, start = tracks[earlier][-1][0], tracks[later][0][0]
        if not 0 < start - end <= longest:
            continue
        distance = 1 - float(features[earlier] @ features[later])
        last, first = tracks[earlier][-velocity_boxes:], tracks[later][:velocity_boxes]
        height = (np.mean([box[3] for _, box in last]) + np.mean([box[3] for _, box in first])) / 2
        away = np.linalg.norm(place(last, start) - place(first, start))
        away += np.linalg.norm(place(first, end) - place(last, end))
        away /= 2 * height * near
        if distance <= max_distance and away <= 1:
            costs[earlier, later] = distance / max_distance + away
    best = (0.0, {})
    for count in range(len(costs) + 1):
        for chosen in itertools.combinations(costs, count):
            ends, starts = {one for one, _ in chosen}, {other for _, other in chosen}
            if len(ends) == len(starts) == count:
                gain = sum(2 - costs[pair] for pair in chosen)
                best = max(best, (gain, {later: earlier for earlier, later in chosen}), key=lambda each: each[0])
    return best[1]


def place(boxes, frame):
    """Return centre and height in a frame by straight lines through those of the boxes."""
    frames = [each for each, _ in boxes]
    places = np.array([[*(box[:2] + box[2:] / 2), box[3]] for _, box in boxes])
    if len(frames) == 1:
        return places[0]
    return np.array([np.polyval(np.polyfit(frames, places[:, axis], 1), frame) for axis in range(3)])
