import dataclasses
from pathlib import Path

import pytest

from app.errors import UserError
from app.imaging import MAX_BYTES, MAX_PIXELS
from app.settings import Settings, read_accounts


@pytest.fixture
def auth_file(tmp_path) -> Path:
    path = tmp_path / "accounts.txt"
    path.write_text("# who may enter\nada:secret\n", encoding="utf-8")
    return path


def refusal(capsys, argv: list[str], environ: dict[str, str]) -> str:
    """The last line on standard error when the settings are refused with exit code 2."""
    with pytest.raises(SystemExit) as caught:
        Settings.read(argv, environ)
    assert caught.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_the_defaults_are_safe() -> None:
    settings = Settings.read([], {})
    assert settings == Settings()
    assert settings.host == "127.0.0.1"
    assert not settings.share
    assert settings.provider == "auto"
    assert settings.max_pixels == MAX_PIXELS
    assert settings.max_bytes == MAX_BYTES


def test_settings_cannot_change_while_running() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().share = True


def options(auth_file: Path) -> dict[str, tuple[str, object]]:
    """Every option: its text, and the value that it must become."""
    return {
        "host": ("0.0.0.0", "0.0.0.0"),
        "port": ("8123", 8123),
        "share": ("true", True),
        "auth_file": (str(auth_file), auth_file),
        "allowed_host": ("art.example,*.lan", ("art.example", "*.lan")),
        "root_path": ("/brush", "/brush"),
        "folders_behind_proxy": ("yes", True),
        "provider": ("cuda", "cuda"),
        "require_gpu": ("1", True),
        "max_megapixels": ("12", 12),
        "max_upload_mb": ("9", 9),
        "queue_size": ("5", 5),
        "heavy_jobs": ("2", 2),
        "cache_hours": ("24", 24),
    }


def test_every_option_is_an_environment_variable(auth_file: Path) -> None:
    table = options(auth_file)
    assert set(table) == {field.name for field in dataclasses.fields(Settings)}
    environ = {f"DEEP_BRUSH_{name.upper()}": text for name, (text, _) in table.items()}
    assert dataclasses.asdict(Settings.read([], environ)) == {
        name: value for name, (_, value) in table.items()
    }


def test_every_option_is_a_flag(auth_file: Path) -> None:
    argv = []
    for name, (text, value) in options(auth_file).items():
        argv += [f"--{name.replace('_', '-')}", *([] if value is True else [text])]
    assert dataclasses.asdict(Settings.read(argv, {})) == {
        name: value for name, (_, value) in options(auth_file).items()
    }


def test_help_names_every_flag_and_variable(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        Settings.read(["--help"], {})
    assert caught.value.code == 0
    words = capsys.readouterr().out
    for field in dataclasses.fields(Settings):
        assert f"--{field.name.replace('_', '-')}" in words
        assert f"DEEP_BRUSH_{field.name.upper()}" in words


def test_a_flag_wins_over_the_environment() -> None:
    environ = {"DEEP_BRUSH_PORT": "9000", "DEEP_BRUSH_SHARE": "yes"}
    settings = Settings.read(["--port", "9001", "--no-share"], environ)
    assert settings.port == 9001
    assert not settings.share


def test_a_flag_replaces_a_bad_variable() -> None:
    assert Settings.read(["--port", "9001"], {"DEEP_BRUSH_PORT": "many"}).port == 9001


def test_an_empty_variable_counts_as_absent() -> None:
    environ = {"DEEP_BRUSH_PORT": "", "DEEP_BRUSH_AUTH_FILE": " "}
    assert Settings.read([], environ) == Settings()


def test_gradios_own_variables_come_last() -> None:
    gradio = {
        "GRADIO_SERVER_NAME": "10.0.0.1",
        "GRADIO_SERVER_PORT": "7000",
        "GRADIO_ROOT_PATH": "/brush/",
    }
    settings = Settings.read([], gradio)
    assert (settings.host, settings.port, settings.root_path) == ("10.0.0.1", 7000, "/brush")
    ours = {"DEEP_BRUSH_HOST": "10.0.0.2", "DEEP_BRUSH_PORT": "7002"}
    settings = Settings.read([], gradio | ours)
    assert (settings.host, settings.port) == ("10.0.0.2", 7002)


def test_a_hugging_face_space_is_reachable() -> None:
    space = {"SPACE_ID": "someone/deep-brush"}
    assert Settings.read([], space).host == "0.0.0.0"
    assert Settings.read([], space | {"DEEP_BRUSH_HOST": "127.0.0.1"}).host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "many"),
        ("port", "0"),
        ("port", "65536"),
        ("port", "7860.5"),
        ("provider", "tpu"),
        ("max_megapixels", "0"),
        ("max_megapixels", "-5"),
        ("max_megapixels", "1000"),  # Above Pillow's own guard: the promise could not be kept.
        ("max_upload_mb", "huge"),
        ("queue_size", "0"),
        ("auth_file", "no such file"),
        ("allowed_host", "https://art.example"),
        ("allowed_host", "art.example:7860"),
        ("allowed_host", "art.example,,lan"),
        ("root_path", "brush"),
    ],
)
def test_a_bad_value_gives_one_line(capsys, name: str, text: str) -> None:
    flag, variable = f"--{name.replace('_', '-')}", f"DEEP_BRUSH_{name.upper()}"
    message = refusal(capsys, [f"{flag}={text}"], {})
    assert flag in message
    assert text in message
    message = refusal(capsys, [], {variable: text})
    assert variable in message
    assert text in message


@pytest.mark.parametrize("variable", ["DEEP_BRUSH_SHARE", "DEEP_BRUSH_REQUIRE_GPU"])
def test_a_switch_accepts_only_yes_and_no(capsys, variable: str) -> None:
    assert variable in refusal(capsys, [], {variable: "perhaps"})


def test_a_bad_variable_of_gradio_is_named(capsys) -> None:
    assert "GRADIO_SERVER_PORT" in refusal(capsys, [], {"GRADIO_SERVER_PORT": "x"})


def test_a_gpu_cannot_be_required_of_the_cpu(capsys) -> None:
    assert "contradict" in refusal(capsys, ["--require-gpu", "--provider", "cpu"], {})


def test_an_unknown_or_shortened_flag_is_refused(capsys) -> None:
    assert "--por" in refusal(capsys, ["--por", "7860"], {})


def test_accounts(tmp_path) -> None:
    path = tmp_path / "Konten.txt"
    text = "\ufeff# people\r\n\r\nada:secret\r\n  grace : pass:with:colons # \r\nzoë:ключ\r\n"
    path.write_text(text, encoding="utf-8")
    assert read_accounts(path) == [
        ("ada", "secret"),
        ("grace", "pass:with:colons #"),
        ("zoë", "ключ"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "names nobody"),
        (b"# nobody yet\n\n", "names nobody"),
        (b"ada:one\nhunter2\n", "Line 2"),
        (b"ada:\n", "Line 1"),
        (b":hunter2\n", "Line 1"),
        (b"ada:one\nada:hunter2\n", "Line 2"),
        (b"ada:\xff\xfe\n", "not UTF-8"),
    ],
)
def test_a_badly_formed_auth_file(tmp_path, capsys, content: bytes, sentence: str) -> None:
    path = tmp_path / "accounts.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        read_accounts(path)
    assert "hunter2" not in str(caught.value)  # A password never reaches a log.
    assert sentence in refusal(capsys, ["--auth-file", str(path)], {})


def test_a_missing_auth_file(tmp_path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_accounts(tmp_path / "nowhere.txt")
