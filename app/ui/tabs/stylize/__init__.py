"""The Paint tab: one pass of the stylizer."""
