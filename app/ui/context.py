"""What the tabs share: the networks, the limits, and the pictures that visitors have uploaded."""

import functools
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, Protocol, Self, TypeVar
from weakref import WeakValueDictionary

import gradio as gr
import numpy as np

from app.errors import UserError
from app.examples import EXAMPLES
from app.imaging import read_picture
from app.serving.classifier import Classifier, Reading
from app.serving.shipped_assets import ShippedAssets
from app.serving.stylizer_bundle import StylizerBundle
from app.settings import Settings
from app.translation import gettext as _
from training.common.preprocessing import fit

logger = logging.getLogger(__name__)

SHOWN_SIDE = 1200
"""Longest side of an uploaded picture as it is shown and kept in the session, in pixels."""

INTERNAL_ERROR = _("Something went wrong on our side, and it was noted. Please try again.")

SESSION_EXPIRED = _(
    "This page was idle for so long that your picture was removed; please upload it again."
)

_UNNAMED = (None, "", "image.png")  # What cameras and clipboards call a picture.


@dataclass(frozen=True, eq=False)
class UploadedPicture:
    """A picture that a visitor has chosen, and its reading; kept in that visitor's session only.

    Attributes:
        title: name of the picture, as the visitor's file was called.
        origin: how an example or a result was made, a sentence; empty for an upload.
        size: width and height of the original in pixels.
        picture: uint8 RGB [H,W,3], at most `SHOWN_SIDE` long.
        reading: of the classifier.
        original: gives the picture in full size, uint8 RGB [H,W,3]; UserError once its file was
            deleted.
        is_example: whether it is one of the app's own examples, which anybody may see.
        token: names the upload; the page sends it back, see `require_current`. Whoever knows it
            can get the picture, see `AppContext.restore`: it is never part of an address.
    """

    title: str
    origin: str
    size: tuple[int, int]
    picture: np.ndarray
    reading: Reading
    original: Callable[[], np.ndarray]
    is_example: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def is_initial(self) -> bool:
        """Whether a session may have started with it, see `require_current`."""
        return self.is_example

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self


@dataclass(frozen=True)
class AppContext:
    """The same for all visitors; nothing here changes after the start but `uploads`.

    Attributes:
        uploads: pictures by token, for as long as a session holds them.
    """

    classifier: Classifier
    settings: Settings
    bundle: StylizerBundle
    assets: ShippedAssets = field(default_factory=ShippedAssets)
    uploads: WeakValueDictionary[str, UploadedPicture] = field(
        default_factory=WeakValueDictionary, compare=False
    )

    @property
    def reading_queue(self) -> dict[str, Any]:
        """Arguments of events that read a picture: some tenths of a second.

        Each of these four kinds of events has a queue of its own, so that nobody who reads a
        picture waits for those who paint.
        """
        return {"concurrency_id": "reading", "concurrency_limit": self.settings.heavy_jobs}

    @property
    def painting_queue(self) -> dict[str, Any]:
        """Arguments of events that stylize or explain a picture: seconds."""
        return {"concurrency_id": "painting", "concurrency_limit": self.settings.heavy_jobs}

    @property
    def batch_queue(self) -> dict[str, Any]:
        """Arguments of events that stylize many pictures or a video: up to many minutes."""
        return {"concurrency_id": "batches", "concurrency_limit": 1}

    @property
    def optimization_queue(self) -> dict[str, Any]:
        """Arguments of events that optimize a picture, for as long as was asked for."""
        return {"concurrency_id": "optimization", "concurrency_limit": 1}

    def decode_upload(self, upload: object) -> np.ndarray:
        """Decode what Gradio received as a file, within the limits.

        Args:
            upload: JSON from a client, so anything at all; see `upload_path`.

        Returns:
            uint8 RGB [H,W,3].

        Raises:
            UserError: it is no upload, or no picture that we can read.
        """
        limits = self.settings
        path = self.upload_path(upload)
        return read_picture(path, max_pixels=limits.max_pixels, max_bytes=limits.max_bytes)

    @staticmethod
    def upload_path(upload: object) -> str:
        """Path of an uploaded file.

        Args:
            upload: JSON from a client, so anything at all. Gradio has checked only files that are
                marked as its FileData; any other path could be a file of this server.

        Raises:
            UserError: it is no upload.
        """
        match upload:
            case {"path": str(path), "meta": {"_type": "gradio.FileData"}}:
                return path
        raise UserError(_("There is no picture in this request; please send one as a file."))

    @staticmethod
    def upload_title(upload: object) -> str:
        """Name of an uploaded picture, not escaped for HTML."""
        name = upload.get("orig_name") if isinstance(upload, dict) else None
        return _("Your picture") if name in _UNNAMED else str(name)

    def receive_upload(self, upload: object) -> UploadedPicture:
        """Decode and read a picture that was uploaded; for errors see `decode_upload`."""
        original = functools.partial(self.decode_upload, upload)
        return self.receive(self.upload_title(upload), original(), original=original)

    def receive(
        self,
        title: str,
        picture: np.ndarray,
        origin: str = "",
        original: Callable[[], np.ndarray] | None = None,
    ) -> UploadedPicture:
        """Read a picture with the classifier.

        Args:
            title: its name.
            picture: uint8 RGB [H,W,3] of any size.
            origin: how it was made, a sentence.
            original: gives the same picture again in full size; by default the shown one is used.
        """
        height, width = picture.shape[:2]
        reading = self.classifier.read(picture)
        shown = fit(picture, SHOWN_SIDE)
        uploaded = UploadedPicture(
            title, origin, (width, height), shown, reading, original or (lambda: shown)
        )
        return self._register(uploaded)

    def restore(self, token: object) -> UploadedPicture | None:
        """The picture of a page that was reloaded, under a new token.

        Args:
            token: JSON from a client, so anything at all.

        Returns:
            None if no session holds it any longer.
        """
        uploaded = self.uploads.get(token) if isinstance(token, str) else None
        return uploaded and self._register(replace(uploaded, token=secrets.token_hex(16)))

    def _register(self, uploaded: UploadedPicture) -> UploadedPicture:
        self.uploads[uploaded.token] = uploaded
        return uploaded

    @functools.cached_property
    def _examples(self) -> dict[int, UploadedPicture]:
        return {}

    def example(self, index: int) -> UploadedPicture:
        """One of the app's own pictures; it is read once for all tabs and visitors."""
        if index not in self._examples:
            example = EXAMPLES[index]
            uploaded = self.receive(
                example.title, example.read(), example.made, original=example.read
            )
            self._examples[index] = self._register(replace(uploaded, is_example=True))
        return self._examples[index]


class SessionValue(Protocol):
    """A value in a visitor's session whose token the page sends back with each event."""

    @property
    def token(self) -> str:
        """Identifies the value."""

    @property
    def is_initial(self) -> bool:
        """Whether a session may have started with it."""


T = TypeVar("T", bound=SessionValue)


def require_current(value: T, token: object) -> T:
    """The value in a session, unless the session has expired and started again.

    A token that differs is no error as long as the value is a visitor's own: a button that is
    pressed while a new picture is being read sends the token of the picture before.

    Args:
        value: what the session holds.
        token: what the page sent.

    Raises:
        UserError: the session has started again, while the page shows an older picture.
    """
    if value.is_initial and value.token != token:
        raise UserError(SESSION_EXPIRED)
    return value


def errors_as_messages(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Show a UserError's sentence; log anything else, and admit no more than that it happened."""

    @functools.wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except UserError as error:
            raise gr.Error(
                escape(str(error), quote=False), title=_("Please try again"), print_exception=False
            ) from error
        except Exception as error:
            logger.exception("%s failed", handler.__name__)
            raise gr.Error(INTERNAL_ERROR, title=_("Sorry"), print_exception=False) from error

    return wrapper
