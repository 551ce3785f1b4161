"""The plugins at work: what a container runtime executes, on the engine.

It is executed for each container, so its start counts: an executable begins with
`glassnet.serve.start`.
"""
