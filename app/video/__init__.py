"""Reading and writing of animations and videos, and time-lapses of a painting's optimisation."""
