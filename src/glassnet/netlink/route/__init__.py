"""One rtnetlink noun a file: header, attribute table, constants."""
