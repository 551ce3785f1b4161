"""nftables: text and values, without I/O."""
