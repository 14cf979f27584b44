"""The one kind of error that a visitor is shown."""


class UserError(Exception):
    """Something the person can mend; its message is one sentence: what was wrong and what to do.

    The app shows this sentence as it stands. Any other exception is a bug: logged, not shown.
    """
