"""Moving pictures: animations and videos, in and out, and the film of how a painting came about."""
