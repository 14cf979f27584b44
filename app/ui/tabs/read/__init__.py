"""The Read tab: which movement, how sure and why."""
