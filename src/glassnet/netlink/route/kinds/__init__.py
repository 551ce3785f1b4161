"""One link kind a file: data only."""
