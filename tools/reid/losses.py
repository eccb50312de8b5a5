"""Losses that bring images of one identity together and set others apart.

All take features as the network gives them before they are brought to unit length.
"""

from __future__ import annotations

from typing import Any

from tools.network.architecture import to_unit_length
from tools.network.tensorflow_import import load_tensorflow


def cosine_softmax(
    features: Any, labels: Any, class_means: Any, kappa: Any, smoothing: float = 0.0, margin: float = 0.0
) -> Any:
    """Cross entropy of the cosine softmax classifier (Wojke, Bewley, WACV 2018, equation 4).

    Parameters
    ----------
    features : tensor
        (N, M).
    labels : tensor
        (N,) int, 0 to C-1; below 0 for images of nobody known, which do not count.
    class_means : tensor
        (M, C), one column a class, of any length.
    kappa : tensor
        Scalar; softplus of it scales the cosines.
    smoothing : float
        Share of the target spread evenly over all classes.
    margin : float
        Taken off the cosine with the own class (Wang et al., "CosFace", CVPR 2018, equation 4).

    Returns
    -------
    tensor
        Scalar, the mean over the images of known identity.
    """
    tf = load_tensorflow("train")
    directions = tf.math.l2_normalize(class_means, axis=0)
    cosines = tf.linalg.matmul(to_unit_length(features, tf), directions)
    if margin:
        cosines -= margin * tf.one_hot(labels, tf.shape(cosines)[1], dtype=cosines.dtype)
    logits = tf.math.softplus(kappa) * cosines
    log_probability = tf.nn.log_softmax(logits)
    known = tf.cast(labels >= 0, cosines.dtype)
    hit = tf.gather(log_probability, tf.maximum(labels, 0), axis=1, batch_dims=1)
    spread = tf.reduce_mean(log_probability, axis=1)
    each = (1.0 - smoothing) * hit + smoothing * spread
    return -tf.reduce_sum(known * each) / tf.maximum(tf.reduce_sum(known), 1.0)


def regression(features: Any, targets: Any) -> Any:
    """Mean cosine distance of features to a teacher's.

    Parameters
    ----------
    features, targets : tensor
        (N, M); the targets of unit length.
    """
    tf = load_tensorflow("train")
    return 1.0 - tf.reduce_mean(tf.reduce_sum(to_unit_length(features, tf) * targets, axis=1))


def relation(features: Any, embeddings: Any) -> Any:
    """Mean squared difference between the cosines of a batch's features and those of the teacher's embeddings.

    Parameters
    ----------
    features : tensor
        (N, M).
    embeddings : tensor
        (N, E) of unit length; E need not be M.
    """
    tf = load_tensorflow("train")
    units = to_unit_length(features, tf)
    cosines = tf.linalg.matmul(units, units, transpose_b=True)
    wanted = tf.linalg.matmul(embeddings, embeddings, transpose_b=True)
    return tf.reduce_mean(tf.square(cosines - wanted))


def pairwise_distances(features: Any) -> Any:
    """(N, N) Euclidean distances between (N, M) features, with finite gradients at 0."""
    tf = load_tensorflow("train")
    squares = tf.reduce_sum(tf.square(features), axis=1)
    products = tf.linalg.matmul(features, features, transpose_b=True)
    return tf.sqrt(tf.maximum(squares[:, None] + squares[None] - 2.0 * products, 1e-12))


def batch_hard_triplet(features: Any, labels: Any) -> Any:
    """Soft-margin batch-hard triplet loss (Hermans et al., 2017, section 2).

    Parameters
    ----------
    features : tensor
        (N, M).
    labels : tensor
        (N,) int; at least two of them differ.

    Returns
    -------
    tensor
        Scalar, the mean of softplus(farthest of the same identity - nearest of another).
    """
    tf = load_tensorflow("train")
    distances = pairwise_distances(features)
    same = labels[:, None] == labels[None]
    farthest = tf.reduce_max(tf.where(same, distances, 0.0), axis=1)
    nearest = tf.reduce_min(tf.where(same, distances.dtype.max, distances), axis=1)
    return tf.reduce_mean(tf.math.softplus(farthest - nearest))


def magnet(features: Any, labels: Any, margin: float = 1.0) -> Any:
    """Magnet loss with one cluster an identity.

    Rippel et al., "Metric Learning with Adaptive Density Discrimination", ICLR 2016, equation 4.

    Parameters
    ----------
    features : tensor
        (N, M).
    labels : tensor
        (N,) int; several images of each of several identities.
    margin : float
        How much nearer, in variances, an image should be to its own cluster's mean than to others'.

    Returns
    -------
    tensor
        Scalar, the mean over the batch.
    """
    tf = load_tensorflow("train")
    same = tf.cast(labels[:, None] == labels[None], features.dtype)
    means = tf.linalg.matmul(same, features) / tf.reduce_sum(same, axis=1, keepdims=True)
    squares = tf.reduce_sum(tf.square(features[:, None] - means[None]), axis=2)
    own = tf.linalg.diag_part(squares)
    count = tf.cast(tf.shape(features)[0], features.dtype)
    precision = 0.5 * (count - 1.0) / (tf.reduce_sum(own) + 1e-6)
    # Every cluster's mean stands once for each of its images, so each image weighs 1 / cluster size.
    weight = (1.0 - same) / tf.reduce_sum(same, axis=1)[None]
    others = tf.math.log(tf.reduce_sum(weight * tf.exp(-precision * squares), axis=1) + 1e-12)
    return tf.reduce_mean(tf.nn.relu(precision * own + margin + others))
