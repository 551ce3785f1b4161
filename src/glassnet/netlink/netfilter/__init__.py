"""What is asked of netfilter by messages of its own (NETLINK_NETFILTER), one noun a file."""
