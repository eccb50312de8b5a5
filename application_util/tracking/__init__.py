"""Tracking sequences: one of them, or all of a benchmark."""
