"""What the app needs of the machine that starts it; UserErrors where it is missing."""

import math
import os
import tempfile
from pathlib import Path

from app.errors import UserError, system_reason
from app.translation import gettext as _

FREE_BYTES = 16 << 20
"""Bytes that must be free for uploads and results: a few pictures."""

MIN_FILES, FILES = 256, 4096
"""Open files that the app needs, and asks for. A visitor's page takes several connections."""


def check_temporary_folder() -> None:
    """Check that uploads and results can be kept where Gradio puts them.

    Raises:
        UserError: the folder cannot be made or written to, or has no space left.
    """
    folder = os.environ.get("GRADIO_TEMP_DIR", "")
    try:
        folder = folder or os.path.join(tempfile.gettempdir(), "gradio")
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(FREE_BYTES))
            file.flush()
    except OSError as error:
        sentence = _(
            "Uploads and results cannot be kept in {folder} ({reason}); set GRADIO_TEMP_DIR to a"
            " folder of your own with space in it."
        )
        folder = folder or _("a temporary folder")
        raise UserError(sentence.format(folder=folder, reason=system_reason(error))) from error


def allow_open_files() -> None:
    """Raise the number of files that this process may have open, where it is low.

    Raises:
        UserError: the system allows too few.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = (
        math.inf if limit == resource.RLIM_INFINITY else limit
        for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    if hard < MIN_FILES:
        sentence = _(
            "The system lets this program open {allowed:.0f} files, and it needs {needed}; allow"
            " more, such as by `ulimit -n {files}` before it starts."
        )
        raise UserError(sentence.format(allowed=hard, needed=MIN_FILES, files=FILES))
    if soft < FILES:
        _soft, unchanged = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(min(hard, FILES)), unchanged))
