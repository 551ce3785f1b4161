"""DHCP for IPv4, the client's side, without I/O: messages, leases, and what to do when."""
