"""The Map tab: the reference map, and maps of the visitor's own pictures."""
