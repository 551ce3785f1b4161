"""CNI's plugin types, each a pure function from a configuration to what is desired of the host."""
