"""The plugins at work: what a container runtime executes, on the engine."""
