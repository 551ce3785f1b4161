"""The daemon: serves calls of CNI plugins in a process that is warm, and leaves when idle.

A small C program (`client.c`) stands where a runtime looks for plugins; what it is asked it hands
to the daemon. The daemon knows nothing that the store does not: where there is none, or it dies,
the same is done by the process that was called.
"""
