"""Scores of results by TrackEval, and where identities switch."""
