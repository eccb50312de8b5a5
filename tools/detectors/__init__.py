"""Detectors: from an image to boxes, scores and classes."""
