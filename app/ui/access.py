"""Whom the server answers, and that it downloads nothing itself; see docs/SECURITY.md.

Two ASGI middlewares are put before Gradio: one checks the host name, one slows down guesses of
passwords.
"""

import asyncio
import ipaddress
import os
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

import gradio as gr
from gradio import processing_utils
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import LOOPBACK, Settings
from app.translation import gettext as _

FREE = 5
"""Wrong passwords from one address without a pause."""

LONGEST_PAUSE = 30.0
"""Longest pause in seconds; each wrong password doubles it, from one second on."""

MOST_WAITING = 5
"""Attempts from one address that may wait at once; the others are refused."""

_MOST_ADDRESSES = 10_000  # That are remembered; the one seen longest ago is forgotten.


def middleware(settings: Settings, environ: Mapping[str, str] = os.environ) -> list[Middleware]:
    """The middleware before Gradio."""
    names, addresses = host_names(settings, environ), settings.host not in LOOPBACK
    checks = [Middleware(HostCheck, names=names, addresses=addresses)]
    return [*checks, Middleware(SlowLogin)] if settings.auth_file else checks


def host_names(settings: Settings, environ: Mapping[str, str]) -> frozenset[str]:
    """Names under which a browser may ask for the page; `*.` before one stands for subdomains."""
    names = {"localhost", "*.localhost", *LOOPBACK, settings.host.strip("[]").lower()}
    names.update(settings.allowed_host)
    if settings.host not in LOOPBACK:
        own = socket.gethostname().lower()
        names |= {own, f"{own}.local"}
    if proxied := host_name(settings.root_path) if "//" in settings.root_path else "":
        names.add(proxied)
    if settings.share:
        names.add("*.gradio.live")
    if environ.get("SPACE_ID"):
        names |= {"*.hf.space", environ.get("SPACE_HOST", "").lower()}
    return frozenset(names - {""})


def host_name(header: str) -> str:
    """The name in a Host header or an origin, without its port; empty if it is malformed."""
    try:
        return urlsplit(header if "//" in header else f"//{header}").hostname or ""
    except ValueError:  # such as "[::1"
        return ""


def refuse_downloads() -> None:
    """Prevent that a visitor makes this server download a file.

    Gradio would, of any size, where a request has an address in place of an upload.
    """

    async def refuse(*_args: object, **_options: object) -> NoReturn:
        raise gr.Error(
            _("This server fetches nothing from other sites; please send the picture itself."),
            print_exception=False,
        )

    processing_utils.async_ssrf_protected_get = refuse
    processing_utils.async_ssrf_protected_download = refuse


class HostCheck:
    """Refuses requests under a foreign name.

    Otherwise the name of another site could point to this computer (DNS rebinding), and its page
    could use the app as its visitor does. Starlette's TrustedHostMiddleware knows no IPv6.

    Args:
        app: what answers the other requests.
        names: see `host_names`.
        addresses: whether any IP address is accepted: a page that is reached by its address has no
            name that could point elsewhere.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str], addresses: bool) -> None:
        self.app, self.names, self.addresses = app, names, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] in ("http", "websocket"):
            name = host_name(Headers(scope=scope).get("host", "")).rstrip(".")
            if not self._accepts(name):
                sentence = _(
                    "This server does not answer to the name in this request; whoever runs it can"
                    " add names with --allowed-host."
                )
                await PlainTextResponse(f"{sentence}\n", 421)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _accepts(self, name: str) -> bool:
        above = {f"*.{name[dot + 1 :]}" for dot, letter in enumerate(name) if letter == "."}
        if self.names & {name, "*", *above}:
            return True
        try:
            return self.addresses and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


@dataclass
class _Attempts:
    """Passwords from one address."""

    wrong: int = 0
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pause(self) -> float:
        """Seconds before the next attempt."""
        return min(2.0 ** min(self.wrong - FREE, 16), LONGEST_PAUSE) if self.wrong >= FREE else 0.0


class SlowLogin:
    """Slows down guesses of passwords.

    Attempts from one address are made one after the other, however many come at once. A right
    password is accepted after the pause, so nobody is locked out, and ends it.

    Args:
        app: what checks passwords.
        sleep: waits for some seconds.
    """

    def __init__(
        self, app: ASGIApp, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.app, self._sleep = app, sleep
        self._addresses: OrderedDict[str, _Attempts] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on after its pause."""
        if scope["type"] != "http" or not _is_login(scope):
            await self.app(scope, receive, send)
            return
        attempts = self._attempts(_network(scope["client"][0] if scope.get("client") else ""))
        if attempts.waiting >= MOST_WAITING:
            sentence = _("Too many passwords at once; please wait half a minute.")
            headers = {"Retry-After": f"{LONGEST_PAUSE:.0f}"}
            await PlainTextResponse(f"{sentence}\n", 429, headers)(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                attempts.wrong = 0 if message["status"] < 400 else attempts.wrong + 1
            await send(message)

        attempts.waiting += 1
        try:
            async with attempts.lock:
                await self._sleep(attempts.pause)
                await self.app(scope, receive, watch)
        finally:
            attempts.waiting -= 1

    def _attempts(self, address: str) -> _Attempts:
        attempts = self._addresses.setdefault(address, _Attempts())
        self._addresses.move_to_end(address)
        if len(self._addresses) > _MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        return attempts


def _is_login(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].rstrip("/").endswith("/login"))


def _network(address: str) -> str:
    """What one person controls: an IPv4 address, or the first half of an IPv6 address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:  # such as the path of a socket
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else address
