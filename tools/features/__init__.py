"""Appearance features of detections: encoders, patches, whole sequences."""
