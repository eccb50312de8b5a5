"""From a video to tracks in one pass."""
