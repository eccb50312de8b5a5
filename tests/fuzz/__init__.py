"""Broken files for every reader: each is read, or refused with one line that names it."""
