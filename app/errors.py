"""The one kind of error that a visitor is shown, and reasons in words."""

from app.translation import gettext as _
from training.common.errors import UserError

__all__ = ["UserError", "system_reason"]


def system_reason(error: OSError) -> str:
    """Why the system refused, in words to be put between brackets."""
    return (error.strerror or _("for an unknown reason")).lower()
