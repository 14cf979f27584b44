import importlib.metadata
import json
import re
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.examples import EXAMPLES
from export.space import check, folder
from export.space.calls import describe
from export.space.folder import Import, imported_files, imports_of, third_party
from export.space.proxy import proxy
from training.common.errors import UserError

NOT_NEEDED = {
    *("captum", "ipykernel", "nbclient", "nbformat", "pytest", "pytest-xdist"),
    *("accelerate", "matplotlib", "onnxscript", "torchmetrics"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Space without a GPU."""
    out = tmp_path_factory.mktemp("space") / "folder"
    folder.build(out, cuda=False)
    return out


def required(built: Path) -> dict[str, Requirement]:
    lines = (built / "requirements.txt").read_text().splitlines()
    parsed = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {canonicalize_name(each.name): each for each in parsed}


def test_all_imports_are_in_the_folder_or_required(built: Path) -> None:
    files = set(built.rglob("*.py"))
    assert (
        imported_files(built, built / "app/main.py") == files
    )  # none is missing, none is too many
    needs = set(required(built))
    brought = {
        canonicalize_name(Requirement(each).name)
        for need in needs
        for each in dependencies_of(need)
    }
    found = importlib.metadata.packages_distributions()
    for package, optional in third_party(built, files).items():
        ours = {canonicalize_name(name) for name in found.get(package, [package])}
        ours |= {"onnxruntime"} if package == "onnxruntime" else set()
        assert optional or ours & (needs | brought), f"{package} is not required"


def dependencies_of(distribution: str) -> list[str]:
    try:
        return importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:  # onnxruntime, where onnxruntime-gpu is
        return []


def test_unused_packages_are_not_required_in_a_space(built: Path) -> None:
    assert not set(required(built)) & NOT_NEEDED
    assert all(len(each.specifier) == 1 for each in required(built).values())
    assert "onnxruntime-gpu" not in required(built)


def test_example_pictures_are_in_the_folder_or_in_a_required_package(built: Path) -> None:
    found = importlib.metadata.packages_distributions()
    for package in {example.package for example in EXAMPLES}:
        name = package.split(".")[0]
        assert (built / name).is_dir() or set(found[name]) & set(required(built))


def test_the_folder_holds_only_what_the_app_needs(built: Path) -> None:
    names = {path.name for path in built.iterdir()}
    expected = {"app", "onnx_models", "training", "README.md", "requirements.txt", "LICENSE"}
    assert names == expected | {"Dockerfile"}
    for name in ("onnx_models/stylizer.onnx", "app/ui/page.js", "app/examples/harbour.webp"):
        assert (built / name).read_bytes() == (folder.ROOT / name).read_bytes()
    for name in (
        "training/classifier/train.py",
        "training/tutorial.ipynb",
        "app/collection/store.py",
    ):
        assert (folder.ROOT / name).exists()
        assert not (built / name).exists()


def test_the_readme_configures_a_space_that_fits_the_requirements(built: Path) -> None:
    configuration = folder.configuration(built)
    assert configuration["sdk"] == "gradio"
    assert (built / configuration["app_file"]).is_file()
    assert required(built)["gradio"].specifier.contains(configuration["sdk_version"])
    assert configuration["python_version"] == python_of_the_dockerfile(built)
    assert "preload_from_hub" not in configuration  # All is in the folder.
    assert len(configuration["short_description"]) <= 60  # The Hub refuses longer ones.


def python_of_the_dockerfile(built: Path) -> str:
    found = re.search(r"^FROM python:([\d.]+)-slim$", (built / "Dockerfile").read_text(), re.M)
    assert found
    return found[1]


def test_the_container_has_no_rights_and_a_health_check(built: Path) -> None:
    text = (built / "Dockerfile").read_text()
    lines = re.sub(r"\\\n", " ", text).splitlines()
    order = [line.split()[0] for line in lines if line and line[0] not in "# "]
    assert order.index("USER") > order.index("RUN")
    (check_of_health,) = (line for line in lines if line.startswith("HEALTHCHECK"))
    assert f"127.0.0.1:{check.PORT}/" in check_of_health
    assert f"DEEP_BRUSH_PORT={check.PORT}" in text
    assert lines[-1] == f'CMD ["python", "{folder.configuration(built)["app_file"]}"]'
    assert not re.search(r"apt|gcc|build-essential|cmake", text)


def test_with_cuda_the_repository_s_own_lines_are_kept() -> None:
    listed = [
        folder.RequirementLine("torch==2.0"),
        folder.RequirementLine("onnxruntime-gpu==1.1; sys_platform == 'a'"),
    ]
    listed.append(folder.RequirementLine("onnxruntime==1.1; sys_platform == 'b'"))
    with_cuda, without = (folder.requirements(listed, cuda=cuda) for cuda in (True, False))
    assert with_cuda.splitlines()[1:] == [need.line for need in listed]
    assert without.splitlines()[2:] == ["torch==2.0", "onnxruntime==1.1"]
    assert folder.CPU_INDEX in without


def test_an_import_without_a_requirement_is_named(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text("import numpy, dateutil\ntry:\n    import pyvips\nexcept ImportError: ...\n")
    listed = [folder.RequirementLine("numpy==2.0"), folder.RequirementLine("scikit-image==0.1")]
    with pytest.raises(UserError, match="imports dateutil, which"):
        folder.select_requirements(listed, [program], tmp_path)
    with_pandas = [*listed, folder.RequirementLine("pandas==1.0")]  # which requires dateutil
    assert folder.select_requirements(with_pandas, [program], tmp_path) == listed


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        folder.build(tmp_path, cuda=False)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_imports_are_found_anywhere_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.write_text(
        "import os\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import typed\n"
        "def later():\n    from pack.deep import name\n    try:\n        import maybe\n"
        "    except (ValueError, ImportError):\n        import instead\n"
    )
    found = {("pack.deep", False), ("pack.deep.name", False), ("maybe", True), ("instead", False)}
    assert imports_of(file) == {Import(*each) for each in found}


class Echo(BaseHTTPRequestHandler):
    """Answers with the request; to /slow in two parts, the second after an event."""

    go_on = threading.Event()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        request = {
            "path": self.path,
            "body": body,
            **{n.lower(): v for n, v in self.headers.items()},
        }
        self._answer([json.dumps(request).encode()])

    def do_GET(self) -> None:
        self._answer(iter([b"first", b"second"]))

    def _answer(self, parts: Iterator[bytes] | list[bytes]) -> None:
        self.send_response(200)
        for cookie in ("a=1", "b=2"):
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        for number, part in enumerate(parts):
            if number:
                self.go_on.wait(30)
            self.wfile.write(part)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def echo() -> Iterator[str]:
    """Address of a server that answers with the request."""
    server = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["", "/a/path"])
def test_the_proxy_behaves_as_a_space_s(echo: str, path: str) -> None:
    Echo.go_on.clear()
    with proxy(echo, "brush.example", path) as address:
        asked = urllib.request.Request(f"{address}file=a%2Fb%20c?x=1&y=%C3%A4", b"body")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            request = json.load(answer)
            assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
        assert request["path"] == "/file=a%2Fb%20c?x=1&y=%C3%A4"
        assert request["body"] == "body"
        assert request["host"] == request["x-forwarded-host"] == "brush.example"
        assert request["x-forwarded-proto"] == "https"
        with urllib.request.urlopen(f"{address}slow", timeout=30) as answer:
            assert answer.read(5) == b"first"  # before there is a second
            Echo.go_on.set()
            assert answer.read() == b"second"


def test_an_empty_answer_is_a_failure(tmp_path: Path) -> None:
    assert describe(([1, 2], {"a": 1})) == "2 entries and 1 facts"
    for empty in ([], {}, None, (1,)):
        with pytest.raises(ValueError, match="nothing was answered"):
            describe(empty)
    (tmp_path / "text.png").write_text("I am text")
    with pytest.raises(OSError, match="cannot identify"):
        describe(str(tmp_path / "text.png"))


def test_another_python_is_taken_where_the_readme_s_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check.find_python("3.99") == sys.executable
    assert "there is no 3.99 here" in capsys.readouterr().out


def test_libraries_of_a_slim_image_need_no_package() -> None:
    known = ["/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30"]
    known += ["/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/libssl.so.3"]
    assert all(check._SYSTEM_LIBRARIES.search(path) for path in known)
    for path in ("/usr/lib/x86_64-linux-gnu/libGL.so.1", "/usr/lib/libcairo.so.2"):
        assert not check._SYSTEM_LIBRARIES.search(path)


def test_only_event_loops_that_are_closed_twice_may_be_logged() -> None:
    known = (
        "Exception ignored in: <function BaseEventLoop.__del__ at 0x7f8c127bad40>\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.12/asyncio/base_events.py", line 694, in __del__\n'
        "    self.close()\n"
        "ValueError: Invalid file descriptor: -1\n"
    )
    assert not check.has_fault("Running on local URL\n" + known + known)
    assert check.has_fault(known.replace("BaseEventLoop", "Network"))
    assert check.has_fault(known + "Traceback (most recent call last):\nValueError: no\n" + known)
    fault = 'Traceback (most recent call last):\n  File "a.py", line 1\nOSError: no\n'
    assert check.has_fault(known + fault)
