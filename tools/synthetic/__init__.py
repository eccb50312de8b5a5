"""Synthetic sequences: crowds without pixels, and rendered streets."""
