"""What the tabs share: the network, the limits, and what one visitor has brought."""

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
from training.common.preprocessing import fit

logger = logging.getLogger(__name__)

SHOWN_SIDE = 1200
"""Longest side of a picture as it is shown and kept for a visitor, in pixels."""

SORRY = "Something went wrong on our side, and it was noted. Please try again."

SESSION_EXPIRED = (
    "This page was idle for so long that your picture was removed; please upload it again."
)

_UNNAMED = (None, "", "image.png")  # What cameras and clipboards call a picture.


@dataclass(frozen=True, eq=False)
class UploadedPicture:
    """What one visitor brought last; it lives in that visitor's session only.

    Attributes:
        title: name of the picture, as the visitor's file was called.
        made: how an example was made, else empty.
        size: width and height of the picture as it came.
        picture: uint8 RGB [H,W,3], shrunk to `SHOWN_SIDE`.
        reading: what the network says of it.
        original: gives the picture as large as it came; UserError once its file was deleted.
        ours: whether it is an example, which anybody may see.
        token: names this visit; the page repeats it, see `ReadTab`. Whoever knows it can have the
            picture, see `AppContext.again`: it is never part of an address.
    """

    title: str
    made: str
    size: tuple[int, int]
    picture: np.ndarray
    reading: Reading
    original: Callable[[], np.ndarray]
    ours: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def opening(self) -> bool:
        """Whether a session may have begun with it, see `require_current`."""
        return self.ours

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self


@dataclass(frozen=True)
class AppContext:
    """The same for all visitors; nothing here changes after the start but what they brought.

    Attributes:
        visits: what was brought, by token, for as long as a session holds it.
    """

    classifier: Classifier
    settings: Settings
    bundle: StylizerBundle
    assets: ShippedAssets = field(default_factory=ShippedAssets)
    visits: WeakValueDictionary[str, UploadedPicture] = field(
        default_factory=WeakValueDictionary, compare=False
    )

    @property
    def light(self) -> dict[str, Any]:
        """Arguments of every event that reads a picture: some tenths of a second.

        Each of these four kinds waits in a line of its own, so that nobody who reads a picture
        waits for those who paint.
        """
        return {"concurrency_id": "reading", "concurrency_limit": self.settings.heavy_jobs}

    @property
    def heavy(self) -> dict[str, Any]:
        """Arguments of every event that paints a picture at once, or explains it: seconds."""
        return {"concurrency_id": "painting", "concurrency_limit": self.settings.heavy_jobs}

    @property
    def lengthy(self) -> dict[str, Any]:
        """Arguments of every event that paints many pictures or a film: up to many minutes."""
        return {"concurrency_id": "lengthy", "concurrency_limit": 1}

    @property
    def slow(self) -> dict[str, Any]:
        """Arguments of every event that optimises a picture, for as long as was asked for."""
        return {"concurrency_id": "slow", "concurrency_limit": 1}

    def open(self, upload: object) -> np.ndarray:
        """Decode what Gradio received as a file, within the limits.

        Args:
            upload: JSON from a client, so anything at all; see `path`.

        Returns:
            uint8 RGB [H,W,3].

        Raises:
            UserError: it is no upload, or no picture that we can read.
        """
        limits = self.settings
        path = self.path(upload)
        return read_picture(path, max_pixels=limits.max_pixels, max_bytes=limits.max_bytes)

    @staticmethod
    def path(upload: object) -> str:
        """Where an uploaded file lies.

        Args:
            upload: JSON from a client, so anything at all. Only a file that bears Gradio's mark was
                checked by Gradio to be an upload; any other path could be a file of this server.

        Raises:
            UserError: it is no upload.
        """
        match upload:
            case {"path": str(path), "meta": {"_type": "gradio.FileData"}}:
                return path
        raise UserError("There is no picture in this request; please send one as a file.")

    @staticmethod
    def title(upload: object) -> str:
        """What an uploaded picture is called; a visitor's words, so not yet HTML."""
        name = upload.get("orig_name") if isinstance(upload, dict) else None
        return "Your picture" if name in _UNNAMED else str(name)

    def bring(self, upload: object) -> UploadedPicture:
        """Read a picture that was uploaded; for errors see `open`."""
        original = functools.partial(self.open, upload)
        return self.receive(self.title(upload), original(), original=original)

    def receive(
        self,
        title: str,
        picture: np.ndarray,
        made: str = "",
        original: Callable[[], np.ndarray] | None = None,
    ) -> UploadedPicture:
        """Read a picture, uint8 RGB [H,W,3] of any size.

        Args:
            title: what it is called.
            picture: uint8 RGB [H,W,3] of any size.
            made: how it came about.
            original: gives the same picture again, when it is wanted in full size; without it the
                picture is kept as it is shown.
        """
        height, width = picture.shape[:2]
        reading = self.classifier.read(picture)
        shown = fit(picture, SHOWN_SIDE)
        uploaded = UploadedPicture(
            title, made, (width, height), shown, reading, original or (lambda: shown)
        )
        return self._remember(uploaded)

    def again(self, token: object) -> UploadedPicture | None:
        """The picture of a page that was loaded anew, under a new token.

        Args:
            token: JSON from a client, so anything at all.

        Returns:
            None if no session holds it any more.
        """
        uploaded = self.visits.get(token) if isinstance(token, str) else None
        return uploaded and self._remember(replace(uploaded, token=secrets.token_hex(16)))

    def _remember(self, uploaded: UploadedPicture) -> UploadedPicture:
        self.visits[uploaded.token] = uploaded
        return uploaded

    @functools.cached_property
    def _examples(self) -> dict[int, UploadedPicture]:
        return {}

    def example(self, index: int) -> UploadedPicture:
        """One of our own pictures; it is read once for all rooms and visitors."""
        if index not in self._examples:
            example = EXAMPLES[index]
            uploaded = self.receive(
                example.title, example.read(), example.made, original=example.read
            )
            self._examples[index] = self._remember(replace(uploaded, ours=True))
        return self._examples[index]


class Token(Protocol):
    """What a session holds, and the page repeats the token of; see `ReadTab`."""

    @property
    def token(self) -> str:
        """Names it."""

    @property
    def opening(self) -> bool:
        """Whether a session may have begun with it."""


T = TypeVar("T", bound=Token)


def require_current(held: T, token: object) -> T:
    """What a session holds, unless it has begun anew.

    What is pressed while a new picture is on its way comes with the token of the one before.

    Raises:
        UserError: the session has begun anew, while the page shows something older.
    """
    if held.opening and held.token != token:
        raise UserError(SESSION_EXPIRED)
    return held


def guarded(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Show a UserError's sentence; log anything else, and admit no more than that it happened."""

    @functools.wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except UserError as error:
            raise gr.Error(
                escape(str(error), quote=False), title="Please try again", print_exception=False
            ) from error
        except Exception as error:
            logger.exception("%s failed", handler.__name__)
            raise gr.Error(SORRY, title="Sorry", print_exception=False) from error

    return wrapper
