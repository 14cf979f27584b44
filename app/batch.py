"""Many pictures at once, into one ZIP archive that grows with each of them.

for step in paint_batch(uploads, folder / "painted.zip", paint):
    ...  # step.name is done, or step.problem says why it was left out
"""

import logging
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import UserError
from app.imaging import MAX_BYTES, MAX_PIXELS, encode_png, note_on, read_picture
from app.progress import Step
from app.translation import gettext as _

logger = logging.getLogger(__name__)

MAX_FILES = 200
"""Default limit on the files in a batch."""

MAX_ARCHIVE = 2**30
"""Default limit on the archive, in bytes."""

_LONGEST_NAME = 100  # Characters: some systems allow no more than 255 bytes.


@dataclass(frozen=True)
class Upload:
    """An uploaded file: its original name, and its path here."""

    name: str
    path: Path


@dataclass(frozen=True, eq=False, kw_only=True)
class BatchStep(Step):
    """The result of one file.

    Attributes:
        name: of the file as it was uploaded.
        problem: why it was left out, one sentence; empty if it is in the archive.
        note: a remark on a file in the archive, such as that only its first page was used; or
            empty.
    """

    name: str
    problem: str = ""
    note: str = ""


def paint_batch(
    uploads: Sequence[Upload],
    target: Path,
    paint: Callable[[np.ndarray], np.ndarray],
    *,
    encode: Callable[[np.ndarray], bytes] = encode_png,
    max_files: int = MAX_FILES,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    max_archive: int = MAX_ARCHIVE,
    enough: Callable[[], bool] = lambda: False,
) -> Iterator[BatchStep]:
    """Paint many pictures into an archive; a file that cannot be read is reported and left out.

    The archive holds a PNG of each picture, under the file's own name. If the generator is closed
    early, the archive is valid and holds what was painted until then.

    Args:
        uploads: the files.
        target: the archive to write.
        paint: paints a picture, uint8 RGB [H,W,3].
        encode: makes the content of a PNG file of a painted picture.
        max_files: limit on the number of files.
        max_pixels: of each picture, see `read_picture`.
        max_bytes: of each file, see `read_picture`.
        max_archive: once the archive has more bytes, the remaining files are left out.
        enough: called after each file; once it returns True, the remaining files are not painted.

    Yields:
        A step for each file, in order; `picture` is what was painted, None if nothing was.

    Raises:
        UserError: there are too many files, or none of them could be painted.
    """
    if not 1 <= len(uploads) <= max_files:
        raise UserError(
            _("Please upload from 1 to {most} pictures at once.").format(most=max_files)
        )
    start, size, names = time.perf_counter(), 0, set[str]()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        for step, upload in enumerate(uploads, start=1):
            painted, problem, note = None, "", ""
            try:
                if size > max_archive:
                    raise UserError(_("The archive is full; please upload this file another time."))
                picture = read_picture(upload.path, max_pixels=max_pixels, max_bytes=max_bytes)
                painted = paint(picture)
                content = encode(painted)
                size += len(content)
                archive.writestr(_free_name(upload.name, names), content)
                note = note_on(upload.path)
            except UserError as error:
                problem = str(error)
            except Exception:  # An unexpected error with one picture must not lose the others.
                logger.exception("painting %r failed", upload.name)
                problem = _("Something went wrong on our side, and it was noted.")
            yield BatchStep(
                step=step,
                total=len(uploads),
                picture=painted,
                seconds=time.perf_counter() - start,
                name=upload.name,
                problem=problem,
                note=note,
            )
            if enough():
                break
    if not names:
        raise UserError(
            _("None of these files could be painted; please look at each one's problem.")
        )


def _free_name(name: str, taken: set[str]) -> str:
    """A safe and unused name for a PNG in the archive, made from the file's own.

    Args:
        name: of the uploaded file; it may hold anything.
        taken: names in small letters, for some systems see no difference; the new one is added.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*')
    head, dot, tail = plain.rpartition(".")
    stem = (head if dot else tail).strip(". ")[:_LONGEST_NAME] or "picture"
    free, number = f"{stem}.png", 1
    while free.lower() in taken:
        number += 1
        free = f"{stem} ({number}).png"
    taken.add(free.lower())
    return free
