"""The one kind of error that a visitor is shown."""

from training.errors import UserError

__all__ = ["UserError"]
