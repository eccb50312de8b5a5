"""Searching the tracker's parameters on sequences with ground truth."""
