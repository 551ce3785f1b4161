"""Operations: what may be done to a host, one kernel noun a file."""
