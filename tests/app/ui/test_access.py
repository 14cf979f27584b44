"""Access: host names, passwords, and a path behind a proxy."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from app.settings import Settings
from app.ui import access
from app.ui.access import FREE, LONGEST_PAUSE, MOST_WAITING, HostCheck, SlowLogin, host_names
from app.ui.page import launch_options

SPACE = {"SPACE_ID": "ann/brush", "SPACE_HOST": "ann-brush.hf.space"}
LAN = Settings(host="0.0.0.0")


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An app that lets everybody in, but whose password is not "right"."""
    wrong = scope["path"].startswith("/login") and scope["query_string"] != b"right"
    await send({"type": "http.response.start", "status": 400 if wrong else 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def answer(app: Any, host: str = "localhost") -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get("http://localhost/", headers={"host": host})

    return asyncio.run(ask())


def knows(settings: Settings, host: str, environ: dict[str, str] | None = None) -> bool:
    (check, *_) = access.middleware(settings, environ or {})
    assert check.cls is HostCheck
    return answer(check.cls(hello, *check.args, **check.kwargs), host).status_code == 200


@pytest.mark.parametrize("settings", [Settings(), LAN, Settings(share=True)])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "localhost.evil.example", "[::1", "", "live"],
)
def test_a_foreign_host_is_refused(settings: Settings, host: str) -> None:
    assert not knows(settings, host)


@pytest.mark.parametrize("settings", [Settings(), LAN])
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "localhost.", "[::1]:80", "a.localhost"],
)
def test_the_computers_own_names_are_accepted(settings: Settings, host: str) -> None:
    assert knows(settings, host)


def test_a_server_in_a_network_accepts_addresses_and_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access.socket, "gethostname", lambda: "Studio")
    for host in ("192.168.0.7:7860", "[fe80::1]:7860", "studio", "studio.local:7860", "0.0.0.0"):
        assert knows(LAN, host)
        assert host == "0.0.0.0" or not knows(Settings(), host)
    assert knows(Settings(host="brush.lan"), "brush.lan:7860")


def test_share_links_and_spaces_are_accepted_where_they_are_used() -> None:
    assert knows(Settings(share=True), "0a1b2c.gradio.live")
    assert not knows(Settings(), "0a1b2c.gradio.live")
    space = Settings.read([], SPACE)
    assert knows(space, "ann-brush.hf.space", SPACE)
    assert knows(space, "10.16.3.4:7860", SPACE)  # a health check
    assert not knows(LAN, "ann-brush.hf.space")


def test_host_names_can_be_added() -> None:
    argv = ["--allowed-host", "Brush.example.org, *.lan"]
    settings = Settings.read(argv, {})
    assert settings.allowed_host == ("brush.example.org", "*.lan")
    assert knows(settings, "brush.example.org:443")
    assert knows(settings, "studio.lan")
    assert not knows(settings, "lan")
    assert not knows(settings, "evil.brush.example.org")
    assert knows(Settings(allowed_host=("*",)), "evil.example")
    assert knows(Settings(root_path="https://art.example/brush"), "art.example")


def test_a_refusal_names_the_flag() -> None:
    refused = answer(HostCheck(hello, host_names(Settings(), {}), False), "evil.example")
    assert refused.status_code == 421
    assert "--allowed-host" in refused.text
    assert "hello" not in refused.text


class FakeLogin:
    """A login that does not sleep, and records for how long it would have."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.app = SlowLogin(hello, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    def try_all(self, *words: str, address: str = "192.0.2.1", path: str = "/login") -> list[int]:
        """Try passwords at once, from one address; the answers' status codes."""

        async def post(word: str) -> int:
            transport = httpx.ASGITransport(self.app, client=(address, 5000))
            async with httpx.AsyncClient(transport=transport) as client:
                return (await client.post(f"http://localhost{path}?{word}")).status_code

        async def together() -> list[int]:
            return await asyncio.gather(*map(post, words))

        return asyncio.run(together())


def test_wrong_passwords_are_slowed_down() -> None:
    login = FakeLogin()
    for _ in range(FREE + 7):
        assert login.try_all("wrong") == [400]
    assert login.pauses == [0.0] * FREE + [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_right_password_is_accepted_after_the_pause_and_ends_it() -> None:
    login = FakeLogin()
    for _ in range(FREE + 1):
        login.try_all("wrong")
    assert login.try_all("right") == [200]
    assert login.try_all("right") == [200]
    assert login.pauses[-2:] == [2.0, 0.0]


def test_many_passwords_at_once_wait_for_each_other() -> None:
    login = FakeLogin()
    answers = login.try_all(*["wrong"] * 20)
    assert sorted(answers) == [400] * MOST_WAITING + [429] * (20 - MOST_WAITING)
    assert login.try_all("wrong", path="/login/") == [400]
    assert login.pauses[-1] == 1.0  # None of the five came before the others had counted.


def test_addresses_are_slowed_down_separately() -> None:
    login = FakeLogin()
    for _ in range(FREE + 1):
        login.try_all("wrong", address="2001:db8::1")
    login.try_all("wrong", address="192.0.2.9")
    assert login.pauses[-1] == 0.0
    login.try_all("wrong", address="2001:db8::ffff")  # The same person has all of these.
    assert login.pauses[-1] == 2.0


def test_the_number_of_remembered_addresses_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_MOST_ADDRESSES", 3)
    login = FakeLogin()
    for number in range(5):
        login.try_all("wrong", address=f"192.0.2.{number}")
    assert len(login.app._addresses) == 3


def test_other_requests_are_not_slowed_down() -> None:
    login = FakeLogin()
    assert login.try_all(*["wrong"] * 20, path="/gradio_api/queue/join") == [200] * 20
    assert login.pauses == []


def test_the_server_downloads_nothing_for_visitors(tmp_path: Path) -> None:
    access.refuse_downloads()
    image = gr.Image()
    image.GRADIO_CACHE = str(tmp_path)
    for address in ("https://example.org/a.png", "http://127.0.0.1:1/a.png"):
        with pytest.raises(gr.Error, match="fetches nothing from other sites"):
            asyncio.run(image.async_move_resource_to_block_cache(address))
        with pytest.raises(gr.Error, match="fetches nothing from other sites"):
            image.move_resource_to_block_cache(address)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a page behind a password and a proxy, launched as ours is."""
    accounts = tmp_path_factory.mktemp("auth") / "accounts"
    accounts.write_text("ada:secret\n")
    settings = Settings(auth_file=accounts, root_path="/brush")
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("a painting")
    _, address, _ = blocks.launch(**launch_options(settings), prevent_thread_lock=True, quiet=True)
    yield address.rstrip("/")
    blocks.close()


def test_gradio_is_behind_both_checks(page: str) -> None:
    assert httpx.get(page, headers={"host": "evil.example"}).status_code == 421
    for path in ("/config", "/login", "/gradio_api/upload"):
        refused = httpx.post(page + path, headers={"host": "evil.example"})
        assert refused.status_code == 421
    wrong = [
        httpx.post(f"{page}/login", data={"username": "ada", "password": f"guess {number}"})
        for number in range(FREE - 1)
    ]
    assert [response.status_code for response in wrong] == [400] * (FREE - 1)
    assert httpx.get(f"{page}/config").status_code == 401
    with httpx.Client() as client:
        right = {"username": "ada", "password": "secret"}
        assert client.post(f"{page}/login", data=right).status_code == 200
        assert client.get(f"{page}/config").json()["root"].endswith("/brush")
        assert client.get(f"{page}/gradio_api/file=/etc/passwd").status_code == 403
        assert client.get(f"{page}/monitoring").status_code != 200


def test_other_sites_cannot_read_the_answers(page: str) -> None:
    for origin, allowed in (("https://evil.example", None), ("null", None), (page, page)):
        headers = httpx.get(page, headers={"origin": origin}).headers
        assert headers.get("access-control-allow-origin") == allowed


def test_the_path_behind_a_proxy_may_come_from_gradios_variable() -> None:
    assert Settings.read([], {"GRADIO_ROOT_PATH": "/brush/"}).root_path == "/brush"
    assert launch_options(Settings(root_path="/brush"))["root_path"] == "/brush"
