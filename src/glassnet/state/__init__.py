"""What was seen of a host, one kernel noun a file."""
