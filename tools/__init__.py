"""What works offline around the appearance network."""
