"""Everything an operator can set: flags, environment variables, and what they mean.

    settings = Settings.read(None, os.environ)  # the command line's flags win over the environment

The fields of `Settings` are the only list of options: each carries its default, its help and the
function that reads it, and its name gives both the flag (`--max-megapixels`) and the environment
variable (`DEEP_BRUSH_MAX_MEGAPIXELS`).
"""

import argparse
import dataclasses
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from app.errors import UserError, system_reason
from app.imaging import MAX_BYTES, MAX_PIXELS, PIXEL_CEILING
from app.translation import gettext as _

PREFIX = "DEEP_BRUSH_"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_PROVIDERS = ("auto", "cuda", "cpu")
_HOST_NAME = re.compile(r"\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:]+:[0-9a-f:.]*")

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
"""Hosts that only this computer reaches."""


def _option(default: Any, read: Callable[[str], Any], explanation: str) -> Any:
    """A field of `Settings`; `read` raises ArgumentTypeError for a value that makes no sense."""
    metadata = {"read": read, "explanation": explanation}
    return dataclasses.field(default=default, metadata=metadata)


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            sentence = _("{text!r} is not a whole number from {low} to {high}")
            raise argparse.ArgumentTypeError(sentence.format(text=text, low=low, high=high))
        return int(text)

    return read


def _yes_or_no(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise argparse.ArgumentTypeError(_("{text!r} is neither true nor false").format(text=text))
    return text.lower() in _TRUE


def _provider(text: str) -> str:
    if text not in _PROVIDERS:
        sentence = _("{text!r} is none of {known}")
        raise argparse.ArgumentTypeError(sentence.format(text=text, known=", ".join(_PROVIDERS)))
    return text


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().strip("[]").lower() for name in text.split(","))
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            sentence = _(
                "{text!r} holds {name!r}, which is not a host name; write names without https://"
                " or port, separated by commas"
            )
            raise argparse.ArgumentTypeError(sentence.format(text=text, name=name))
    return names


def _root_path(text: str) -> str:
    if not text.startswith(("/", "http://", "https://")):
        sentence = _("{text!r} is neither a path such as /brush nor a URL")
        raise argparse.ArgumentTypeError(sentence.format(text=text))
    return text.rstrip("/")


def _auth_file(text: str) -> Path:
    try:
        read_accounts(text)  # Without accounts the app must not start.
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return Path(text)


@dataclass(frozen=True)
class Settings:
    """Options of the app; limits are for each visitor's request."""

    host: str = _option(
        "127.0.0.1", str, _("address to listen on; 0.0.0.0 opens it to the network")
    )
    port: int | None = _option(
        None, _whole_number(1, 65535), _("port to listen on (the first free one from 7860)")
    )
    share: bool = _option(False, _yes_or_no, _("also make a public link that lasts a few days"))
    auth_file: Path | None = _option(  # noqa: RUF009 - it is dataclasses.field, not shared state
        None, _auth_file, _("ask for a password; the file holds lines of user:password")
    )
    allowed_host: tuple[str, ...] = _option(
        (),
        _host_names,
        _(
            "more host names under which the page may be opened, such as brush.example.org,*.lan;"
            " * for any"
        ),
    )
    root_path: str = _option(
        "", _root_path, _("path or URL under which a reverse proxy shows the page, such as /brush")
    )
    folders_behind_proxy: bool = _option(
        False,
        _yes_or_no,
        _("let visitors who come through a reverse proxy name folders of this computer"),
    )
    provider: Literal["auto", "cuda", "cpu"] = _option(
        "auto", _provider, _("what computes: auto, cuda or cpu; auto takes the GPU if it works")
    )
    require_gpu: bool = _option(False, _yes_or_no, _("stop rather than fall back to the CPU"))
    max_megapixels: int = _option(
        MAX_PIXELS // 10**6,
        _whole_number(1, PIXEL_CEILING // 10**6),
        _("largest picture, in millions of pixels"),
    )
    max_upload_mb: int = _option(
        MAX_BYTES // 2**20, _whole_number(1, 2048), _("largest file, in megabytes")
    )
    queue_size: int = _option(
        64,
        _whole_number(1, 10_000),
        _("requests that may wait in the queue before others are refused"),
    )
    heavy_jobs: int = _option(
        1, _whole_number(1, 64), _("how many pictures may be read, and how many painted, at a time")
    )
    cache_hours: int = _option(
        1, _whole_number(1, 24 * 365), _("uploads and results older than this are deleted")
    )

    @property
    def max_pixels(self) -> int:
        """Limit on width x height of a picture."""
        return self.max_megapixels * 10**6

    @property
    def max_bytes(self) -> int:
        """Limit on an uploaded file."""
        return self.max_upload_mb * 2**20

    @classmethod
    def read(cls, argv: Sequence[str] | None, environ: Mapping[str, str]) -> Self:
        """Read flags, then the environment, then the defaults.

        Where DEEP_BRUSH_HOST, DEEP_BRUSH_PORT and DEEP_BRUSH_ROOT_PATH are silent, Gradio's own
        GRADIO_SERVER_NAME, GRADIO_SERVER_PORT and GRADIO_ROOT_PATH count; and on a Hugging Face
        Space (SPACE_ID) the host is 0.0.0.0, because the Space's proxy would not find 127.0.0.1.
        Empty variables count as absent.

        Args:
            argv: flags without the program's name; None reads the command line.
            environ: environment variables, such as os.environ.

        Raises:
            SystemExit: with code 2 after one line on standard error about a value that makes no
                sense, or with code 0 after `--help`.
        """
        parser = _parser(cls)
        values = vars(parser.parse_args(argv))  # Only the flags that were given.
        for option in dataclasses.fields(cls):
            name, text = _from_environment(option.name, environ)
            if option.name in values or not text:
                continue
            try:
                values[option.name] = option.metadata["read"](text)
            except argparse.ArgumentTypeError as error:
                sentence = _("environment variable {name}: {error}")
                parser.error(sentence.format(name=name, error=error))
        settings = cls(**values)
        if settings.require_gpu and settings.provider == "cpu":
            parser.error(_("--require-gpu and --provider cpu contradict each other"))
        return settings


def read_accounts(path: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Read who may enter, as Gradio's `auth` wants it.

    Args:
        path: UTF-8 text, one `user:password` a line; empty lines and lines that begin with # are
            skipped. A password may hold colons, but neither begin nor end with a space.

    Returns:
        (user, password) pairs, at least one.

    Raises:
        UserError: the file cannot be read, names nobody or one user twice, or has a line of
            another form. The sentence never quotes the line: it may hold a password.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        sentence = _("The auth file {path} cannot be read ({reason}).")
        raise UserError(sentence.format(path=path, reason=system_reason(error))) from error
    except UnicodeDecodeError as error:
        sentence = _("The auth file {path} is not UTF-8 text; please save it as such.")
        raise UserError(sentence.format(path=path)) from error
    accounts: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        user, _colon, password = (part.strip() for part in line.partition(":"))
        if not user or not password:
            sentence = _("Line {number} of the auth file {path} must read user:password.")
            raise UserError(sentence.format(number=number, path=path))
        if user in accounts:
            sentence = _("Line {number} of the auth file {path} must name another user.")
            raise UserError(sentence.format(number=number, path=path))
        accounts[user] = password
    if not accounts:
        sentence = _("The auth file {path} names nobody; it needs lines of user:password.")
        raise UserError(sentence.format(path=path))
    return list(accounts.items())


def _parser(settings: type[Settings]) -> argparse.ArgumentParser:
    """One flag for each field; flags that are not given leave no trace in the result."""
    parser = argparse.ArgumentParser(
        prog="python app/main.py",
        usage=_("%(prog)s [options]"),
        description=_("Deep Brush: read, look inside and paint with neural networks."),
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for option in dataclasses.fields(settings):
        default = ""
        if option.default not in (None, False, (), ""):
            default = _("default {value}").format(value=option.default) + "; "
        explanation = f"{option.metadata['explanation']} [{default}{_variable(option.name)}]"
        flag = "--" + option.name.replace("_", "-")
        if isinstance(option.default, bool):
            switch = argparse.BooleanOptionalAction
            parser.add_argument(flag, action=switch, help=explanation)
        else:
            read = option.metadata["read"]
            metavar = flag.rsplit("-", 1)[-1].upper()
            parser.add_argument(flag, type=read, metavar=metavar, help=explanation)
    return parser


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _from_environment(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Where an option's text was found (the variable's name) and the text, "" if nowhere."""
    fallbacks = {
        "host": "GRADIO_SERVER_NAME",
        "port": "GRADIO_SERVER_PORT",
        "root_path": "GRADIO_ROOT_PATH",
    }
    for variable in (_variable(name), fallbacks.get(name, "")):
        if text := environ.get(variable, "").strip():
            return variable, text
    if name == "host" and environ.get("SPACE_ID"):
        return "SPACE_ID", "0.0.0.0"
    return "", ""
