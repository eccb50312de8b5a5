"""Deep SORT: the tracking algorithm (numpy and scipy only)."""

__version__ = "1.0.0.dev0"
