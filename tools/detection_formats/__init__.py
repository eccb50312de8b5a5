"""Readers of detections that other tools write."""
