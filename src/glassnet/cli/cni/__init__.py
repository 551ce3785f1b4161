"""The commands below ``glassnet cni``: a file each."""
