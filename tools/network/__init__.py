"""The appearance network: its architecture, its checkpoints, frozen graphs."""
