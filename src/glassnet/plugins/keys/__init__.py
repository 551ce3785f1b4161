"""What may be said to each plugin type, key by key: the words of docs/reference/cni.md.

A plugin does not import these: a runtime waits for each executable to start. A test reads every
configuration that the examples make, and holds each table to the keys that the plugin has read.
"""
