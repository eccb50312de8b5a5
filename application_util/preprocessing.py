"""Suppression under the name that the original application imports it by; it lives in `deep_sort.preprocessing`."""

from deep_sort.preprocessing import non_max_suppression

__all__ = ["non_max_suppression"]
