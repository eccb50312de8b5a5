"""Better association and motion than the original's, each part off unless asked for: on the seams of `deep_sort`."""
