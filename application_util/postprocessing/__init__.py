"""Tracks made better after tracking, from result files alone: joined, selected, filled, smoothed."""
