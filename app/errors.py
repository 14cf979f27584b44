"""The one kind of error that a visitor is shown."""

from training.common.errors import UserError

__all__ = ["UserError"]
