"""One kind of queueing discipline a file: data, and the parameters that iproute2 derives."""
