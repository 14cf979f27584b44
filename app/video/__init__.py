"""Animations and videos, in and out, and time-lapses of how a painting came about."""
