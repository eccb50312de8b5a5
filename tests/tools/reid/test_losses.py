from __future__ import annotations

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from tools.reid.losses import (  # noqa: E402
    batch_hard_triplet,
    cosine_softmax,
    magnet,
    pairwise_distances,
    regression,
    relation,
)

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(12, 5)).astype(np.float32)
LABELS = np.repeat([0, 1, 2], 4)


def test_distances():
    expected = np.linalg.norm(FEATURES[:, None] - FEATURES[None], axis=2)
    np.testing.assert_allclose(pairwise_distances(tf.constant(FEATURES)), expected, atol=1e-3)


@pytest.mark.parametrize("smoothing, margin", [(0.0, 0.0), (0.1, 0.0), (0.1, 0.3)])
def test_cosine_softmax(smoothing, margin):
    means, kappa = RNG.normal(size=(5, 3)), 1.7
    losses = []
    for feature, label in zip(FEATURES.astype(float), LABELS, strict=True):
        cosines = [feature @ mean / np.linalg.norm(feature) / np.linalg.norm(mean) for mean in means.T]
        cosines[label] -= margin
        logits = np.log1p(np.exp(kappa)) * np.array(cosines)
        log_probability = logits - np.log(np.exp(logits).sum())
        target = np.full(3, smoothing / 3)
        target[label] += 1 - smoothing
        losses.append(-(target * log_probability).sum())
    loss = cosine_softmax(
        tf.constant(FEATURES),
        tf.constant(LABELS),
        tf.constant(means, tf.float32),
        tf.constant(kappa),
        smoothing,
        margin,
    )
    assert float(loss) == pytest.approx(np.mean(losses), rel=1e-5)


def test_cosine_softmax_leaves_images_of_nobody_out():
    means = tf.constant(RNG.normal(size=(5, 3)), tf.float32)
    labels = np.where(np.arange(12) % 3 == 0, -1, LABELS)
    known = labels >= 0
    found = cosine_softmax(tf.constant(FEATURES), tf.constant(labels), means, tf.constant(1.0), 0.1, 0.2)
    alone = cosine_softmax(tf.constant(FEATURES[known]), tf.constant(labels[known]), means, tf.constant(1.0), 0.1, 0.2)
    assert float(found) == pytest.approx(float(alone), rel=1e-6)
    nobody = cosine_softmax(tf.constant(FEATURES), tf.constant(labels * 0 - 1), means, tf.constant(1.0))
    assert float(nobody) == 0.0


def test_regression_and_relation():
    units = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    targets = RNG.normal(size=(12, 5))
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    found = float(regression(tf.constant(FEATURES), tf.constant(targets, tf.float32)))
    assert found == pytest.approx(np.mean(1 - (units * targets).sum(axis=1)), rel=1e-5)
    longer = RNG.normal(size=(12, 9))
    longer /= np.linalg.norm(longer, axis=1, keepdims=True)
    found = float(relation(tf.constant(FEATURES), tf.constant(longer, tf.float32)))
    assert found == pytest.approx(np.mean((units @ units.T - longer @ longer.T) ** 2), rel=1e-5)


def test_batch_hard_triplet():
    distances = np.linalg.norm(FEATURES[:, None] - FEATURES[None], axis=2)
    losses = []
    for i in range(12):
        farthest = max(distances[i, j] for j in range(12) if LABELS[j] == LABELS[i])
        nearest = min(distances[i, j] for j in range(12) if LABELS[j] != LABELS[i])
        losses.append(np.log1p(np.exp(farthest - nearest)))
    loss = batch_hard_triplet(tf.constant(FEATURES), tf.constant(LABELS))
    assert float(loss) == pytest.approx(np.mean(losses), rel=1e-3)


def test_magnet():
    means = {label: FEATURES[label == LABELS].mean(axis=0) for label in range(3)}
    own = np.array([((f - means[label]) ** 2).sum() for f, label in zip(FEATURES, LABELS, strict=True)])
    variance = own.sum() / (len(FEATURES) - 1)
    losses = []
    for feature, label, distance in zip(FEATURES, LABELS, own, strict=True):
        others = sum(
            np.exp(-((feature - mean) ** 2).sum() / (2 * variance)) for other, mean in means.items() if other != label
        )
        losses.append(max(0.0, distance / (2 * variance) + 1.0 + np.log(others)))
    loss = magnet(tf.constant(FEATURES), tf.constant(LABELS))
    assert float(loss) == pytest.approx(np.mean(losses), rel=1e-4)


@pytest.mark.parametrize("loss", [batch_hard_triplet, magnet])
def test_less_when_identities_are_apart(loss):
    centres = 20.0 * np.eye(3, 5, dtype=np.float32)
    apart = tf.constant(centres[LABELS] + 0.1 * FEATURES)
    assert float(loss(apart, tf.constant(LABELS))) < 0.01 < float(loss(tf.constant(FEATURES), tf.constant(LABELS)))


@pytest.mark.parametrize("loss", [batch_hard_triplet, magnet])
def test_gradient_is_finite_with_identical_images(loss):
    features = tf.Variable(np.repeat(FEATURES[:3], 4, axis=0))
    with tf.GradientTape() as tape:
        value = loss(features, tf.constant(LABELS))
    assert np.isfinite(tape.gradient(value, features).numpy()).all()
