"""rtnetlink: bytes and values, without I/O."""
