"""Deep SORT: the tracking algorithm (numpy and scipy only)."""
