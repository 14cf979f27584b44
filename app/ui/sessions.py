"""Who is there, and what ends when a visitor leaves.

Gradio closes a generator at its next turn once nobody listens to it, but knows nothing of what the
turn at hand is doing, and keeps a visitor's session for an hour. So the open connections of each
session are counted here: a page holds one as long as it is open, and a program one as long as it
waits for an answer. When the last one closes, what the visitor has begun is told to end.
"""

import re
from collections import Counter, OrderedDict
from threading import Lock
from typing import Any, Protocol
from urllib.parse import parse_qs
from weakref import WeakSet

import gradio as gr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = 8
"""Sessions that are kept of visitors who have left; a phone that was put away comes back."""

_CONNECTIONS = re.compile(r"/gradio_api/(?:heartbeat|call(?:/v2)?/[^/]+)/([^/]+)/?$")
_EVENTS = re.compile(r"/gradio_api/queue/data/?$")


class Clearable(Protocol):
    """Something that a visitor has, such as a painting that is being worked on."""

    def clear(self) -> None:
        """Free it; work on it ends soon. This is called in the server's own thread: no waiting."""


class Sessions:
    """Sessions with open connections, and what they have; safe to use from several threads.

    Args:
        kept: how many sessions are kept of visitors who have left.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._lock = Lock()
        self._connections: Counter[str] = Counter()
        self._things: dict[str, WeakSet[Clearable]] = {}
        self._left: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, session: str) -> bool:
        """Whether a session has an open connection."""
        return self._connections[session] > 0

    def clear_on_leaving(self, request: gr.Request, thing: Clearable) -> None:
        """Clear something when the visitor leaves who asks for it; it is referred to weakly."""
        if request.session_hash:
            with self._lock:
                self._things.setdefault(request.session_hash, WeakSet()).add(thing)

    def arrive(self, session: str) -> None:
        """Count a connection more."""
        with self._lock:
            self._connections[session] += 1
            self._left.pop(session, None)

    def depart(self, session: str) -> list[str]:
        """Count a connection less.

        Returns:
            Sessions without one that need not be kept any longer.
        """
        with self._lock:
            self._connections[session] -= 1
            if self._connections[session] > 0:
                return []
            del self._connections[session]
            self._left[session] = None
            too_many = max(0, len(self._left) - self.kept)
            return [self._left.popitem(last=False)[0] for _ in range(too_many)]

    def clear(self, session: str) -> None:
        """Clear all that a session has."""
        with self._lock:
            things = list(self._things.pop(session, ()))
        for thing in things:
            thing.clear()


SESSIONS = Sessions()
"""Of all pages of this process: the names of sessions are random."""


class CountSessions:
    """ASGI middleware of Gradio's app that tells `SESSIONS` who comes and who goes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        session = _session(scope)
        if session is None:
            await self.app(scope, receive, send)
            return
        dropped = False

        async def listen() -> Message:
            nonlocal dropped
            message = await receive()
            dropped = dropped or message["type"] == "http.disconnect"
            return message

        SESSIONS.arrive(session)
        try:
            await self.app(scope, listen, send)
        finally:
            for forgotten in SESSIONS.depart(session):
                _forget(scope["app"], forgotten)
            if dropped and session not in SESSIONS:
                await _end(scope["app"], session)


def _session(scope: Scope) -> str | None:
    """Whose connection a request holds open, if it does."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if found := _CONNECTIONS.search(scope["path"]):
        return found[1]
    if _EVENTS.search(scope["path"]):
        return parse_qs(scope["query_string"].decode()).get("session_hash", [None])[0]
    return None


async def _end(app: Any, session: str) -> None:
    """End what a visitor has begun who has left, and what still waits in line."""
    SESSIONS.clear(session)
    await app.get_blocks()._queue.clean_events(session_hash=session)


def _forget(app: Any, session: str) -> None:
    """Free what is kept of a session: values of all components, and messages not fetched."""
    SESSIONS.clear(session)
    app.state_holder.session_data.pop(session, None)
    app.state_holder.time_last_used.pop(session, None)
    queue = app.get_blocks()._queue
    queue.pending_messages_per_session.pop(session, None)
    queue.pending_event_ids_session.pop(session, None)
