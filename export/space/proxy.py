"""A reverse proxy, as a Space has one in front, or a site that gives the app a path of its own."""

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

# Of one connection each (RFC 9110, 7.6.1), and the length and host, which are replaced.
_NOT_PASSED_ON = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"host"}


def application(target: str, host: str, path: str = "") -> Starlette:
    """The proxy as an ASGI application.

    Args:
        target: address of the server behind, without a path.
        host: the public name; the server behind sees it in `Host` and `X-Forwarded-Host`, and
            https, which it does not speak itself, in `X-Forwarded-Proto`.
        path: what the public address begins with, such as `/deep-brush`; it is cut off.
    """
    client, behind = httpx.AsyncClient(timeout=None), httpx.URL(target)
    ours = [
        (b"host", host.encode()),
        (b"x-forwarded-host", host.encode()),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-for", b"203.0.113.7"),  # kept for documentation, RFC 5737
    ]

    async def forward(request: Request) -> Response:
        asked = request.scope["raw_path"][len(path) :] + b"?" + request.scope["query_string"]
        sent = client.build_request(
            request.method,
            behind.copy_with(raw_path=asked.rstrip(b"?")),
            headers=[*_passed_on(request.headers.raw), *ours],
            content=request.stream() if _has_body(request) else None,
        )
        answer = await client.send(sent, stream=True)
        response = StreamingResponse(_body(answer), answer.status_code)
        response.raw_headers = _passed_on(answer.headers.raw)
        return response

    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
    return Starlette(routes=[Route(f"{path}/{{rest:path}}", forward, methods=methods)])


@contextlib.contextmanager
def proxy(target: str, host: str, path: str = "") -> Iterator[str]:
    """Run a proxy beside the program, see `application`; yields its address on this machine."""
    config = uvicorn.Config(
        application(target, host, path),
        host="127.0.0.1",
        port=0,
        lifespan="off",
        # It is ended in the middle of requests that last, which uvicorn would call errors.
        log_level="critical",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the proxy did not start")
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{path}/"
    finally:
        server.should_exit = True
        server.force_exit = True  # Some requests last as long as a page is open.
        thread.join()


def _passed_on(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(n, v) for n, v in headers if n.lower() not in _NOT_PASSED_ON]


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    """As it comes, still encoded: events must not wait for the end."""
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()
