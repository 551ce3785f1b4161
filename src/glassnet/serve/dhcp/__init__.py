"""dhcp at work: the plugin's verbs, and the daemon that keeps the leases."""
