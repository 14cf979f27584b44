"""The kind of error that a person can correct, and how a program ends with it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """An error that a person can correct; its message is one sentence: what was wrong, what to do.

    The app shows this sentence as it stands. Any other exception is a bug: logged, not shown.
    """


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """End a program with one sentence after an error that a person can correct.

        @exit_on_user_error()
        def main() -> None: ...

    Raises:
        SystemExit: with 1 after a UserError's sentence, or one about a file that the system does
            not let us read or write; with 130 if the program was interrupted. Other exceptions are
            bugs and keep their traceback.
    """
    try:
        yield
    except UserError as error:
        # torch's DataLoader puts the traceback of its worker before the sentence.
        print(str(error).rpartition(f"{UserError.__name__}: ")[2].strip(), file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}." if error.filename else error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
