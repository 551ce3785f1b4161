"""The only place that talks to a kernel: sockets, setns, libnftables, /proc/sys."""
