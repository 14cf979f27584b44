"""The Map tab: the map of art, and the visitor's own."""
