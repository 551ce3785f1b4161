"""Lab files: YAML in, operations out."""
