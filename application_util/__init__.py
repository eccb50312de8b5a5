"""Everything around the algorithm: files, drawing, windows, progress."""
