import io
import json
import struct
import zlib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from app.errors import UserError
from app.generation_parameters import (
    FORMAT,
    KEYWORD,
    MAX_ENTRIES,
    MAX_LENGTH,
    MAX_WORDS,
    GenerationParameters,
    StyleShare,
    encode_with_parameters,
    read_parameters,
)
from app.imaging import encode_png, read_picture
from tests.app.uploads import encode, png

PARAMETERS = GenerationParameters(
    styles=(
        StyleShare("The Great Wave off Kanagawa — 神奈川沖浪裏", 0.75, "great-wave"),
        StyleShare('mein "Bild" <b>№ 5</b>.jpg', 0.25),
    ),
    settings={"strength": 0.8, "size": 1, "colours": "palette", "masked": True},
    networks={"stylizer": "0.1", "style encoder": "0.1"},
    provider="CPU",
    seed=7,
)


def with_text(text: str, keyword: str = KEYWORD, compressed: bool = False) -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt(keyword, text, zip=compressed)
    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, "PNG", pnginfo=notes)
    return file.getvalue()


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(PARAMETERS.to_json()) | changes)


def refusal(text: str) -> str:
    with pytest.raises(UserError) as caught:
        read_parameters(with_text(text))
    sentence = str(caught.value)
    assert sentence.endswith("; please choose the settings by hand.")
    return sentence


def test_parameters_are_read_back_as_they_were_written(
    painting: np.ndarray, tmp_path: Path
) -> None:
    file = encode_with_parameters(painting, PARAMETERS)
    assert read_parameters(file) == PARAMETERS
    path = tmp_path / "Gemälde 🎨.png"
    path.write_bytes(file)
    assert read_parameters(path) == PARAMETERS
    assert read_parameters(str(path)) == PARAMETERS


def test_the_picture_itself_is_unchanged(painting: np.ndarray) -> None:
    np.testing.assert_array_equal(
        read_picture(encode_with_parameters(painting, PARAMETERS)), painting
    )


def test_the_text_is_json_under_a_keyword(painting: np.ndarray) -> None:
    text = Image.open(io.BytesIO(encode_with_parameters(painting, PARAMETERS))).text
    assert text["Software"] == "Deep Brush"
    content = json.loads(text[KEYWORD])
    assert content["format"] == FORMAT
    assert content["styles"][0]["preset"] == "great-wave"
    assert "神奈川沖浪裏" in text[KEYWORD]


def test_a_title_alone_is_enough() -> None:
    least = GenerationParameters((StyleShare("x"),))
    assert read_parameters(encode_with_parameters(np.zeros((1, 1, 3), np.uint8), least)) == least


def test_compressed_parameters_are_read() -> None:
    assert read_parameters(with_text(PARAMETERS.to_json(), compressed=True)) == PARAMETERS


def test_parameters_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        PARAMETERS.provider = "CUDA"


def test_long_or_unprintable_titles_are_cut_when_stored() -> None:
    title = "a\x00b\ud800c\n" + "x" * 1000
    wild = replace(PARAMETERS, styles=(StyleShare(title),))
    tidy = read_parameters(encode_with_parameters(np.zeros((1, 1, 3), np.uint8), wild))
    assert tidy.styles[0].title == "abc" + "x" * (MAX_WORDS - 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "HEIF"])
def test_other_pictures_hold_no_parameters(painting: np.ndarray, kind: str) -> None:
    assert read_parameters(encode(painting, kind)) is None


def test_texts_under_other_keywords_are_ignored(painting: np.ndarray) -> None:
    assert read_parameters(encode_png(painting, {"Title": PARAMETERS.to_json()})) is None
    assert read_parameters(with_text(PARAMETERS.to_json(), keyword="dpi")) is None


@pytest.mark.parametrize("data", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\0" * 99])
def test_other_files_hold_no_parameters(data: bytes) -> None:
    assert read_parameters(data) is None


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="choose another"):
        read_parameters(tmp_path / "gone.png")


def test_a_compressed_text_that_is_too_long_is_refused_unread() -> None:
    bomb = with_text("x" * 50_000_000, compressed=True)
    assert len(bomb) < 100_000
    with pytest.raises(UserError, match="damaged or of an unusual variety"):
        read_parameters(bomb)


def test_a_decompression_bomb_with_parameters_is_not_decoded() -> None:
    file = png(60_000, 60_000, 8, 2)
    with pytest.raises(UserError):
        read_parameters(file)


@pytest.mark.parametrize("length", [30, 45, 60, 200])
def test_a_truncated_file_never_crashes(length: int) -> None:
    file = with_text(PARAMETERS.to_json())
    try:
        parameters = read_parameters(file[:length])
    except UserError:
        return
    assert parameters is None


def test_broken_bytes_never_crash() -> None:
    rng = np.random.default_rng(0)
    file = with_text(PARAMETERS.to_json())
    for _ in range(300):
        broken = bytearray(file)
        for place in rng.integers(8, len(file), 3):
            broken[place] = rng.integers(256)
        try:
            parameters = read_parameters(bytes(broken))
        except UserError:
            continue
        assert parameters is None or isinstance(parameters, GenerationParameters)


def test_broken_text_in_a_sound_file_never_crashes() -> None:
    rng = np.random.default_rng(0)
    text = PARAMETERS.to_json()
    for _ in range(500):
        start, stop = sorted(rng.integers(0, len(text), 2))
        broken = text[:start] + "".join(rng.choice(list('{}[]",:0e9-ntf'), 3)) + text[stop:]
        try:
            parameters = GenerationParameters.parse(broken)
        except UserError:
            continue
        assert parameters.styles


def test_a_text_in_another_encoding_is_ignored() -> None:
    body = KEYWORD.encode() + b"\0\0\0\0\0" + b'{"format": 1, "\xff\xfe"}'
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body
    chunk += struct.pack(">I", zlib.crc32(b"iTXt" + body))
    file = encode_png(np.zeros((1, 1, 3), np.uint8))
    assert read_parameters(file[:33] + chunk + file[33:]) is None


def test_long_texts_are_refused() -> None:
    assert "too long" in refusal(" " * MAX_LENGTH + PARAMETERS.to_json())
    with pytest.raises(UserError, match="too long"):
        read_parameters(with_text(PARAMETERS.to_json()), max_length=20)


@pytest.mark.parametrize("text", ["", "{", "[" * 9000, "9" * 9000, '{"format":}', "\0"])
def test_damaged_json_is_refused(text: str) -> None:
    assert "damaged" in refusal(text)


@pytest.mark.parametrize("text", ["[]", "null", "1", '"x"', "{}", '{"format": 1}'])
def test_other_json_is_refused(text: str) -> None:
    assert "incomplete" in refusal(text)


def test_a_later_version_is_named() -> None:
    assert "later version" in refusal(changed(format=FORMAT + 1))
    assert "later version" in refusal('{"format": 99}')
    assert "incomplete" in refusal(changed(format=0))
    assert "incomplete" in refusal(changed(format="1"))


STYLE = {"title": "x", "weight": 1, "preset": ""}


@pytest.mark.parametrize(
    "changes",
    [
        {"styles": {}},
        {"styles": []},
        {"styles": ["x"]},
        {"styles": [{"weight": 1}]},
        {"styles": [STYLE | {"title": None}]},
        {"styles": [STYLE | {"weight": "1"}]},
        {"styles": [STYLE | {"weight": True}]},
        {"styles": [STYLE | {"weight": -0.1}]},
        {"styles": [STYLE | {"weight": float("nan")}]},
        {"styles": [STYLE | {"weight": float("inf")}]},
        {"styles": [STYLE | {"weight": 10**400}]},
        {"styles": [STYLE | {"title": "x" * (MAX_WORDS + 1)}]},
        {"styles": [STYLE | {"title": "a\nb"}]},
        {"styles": [STYLE | {"preset": "\u202egnp"}]},
        {"styles": [STYLE] * (MAX_ENTRIES + 1)},
        {"settings": []},
        {"settings": {"a": None}},
        {"settings": {"a": [1]}},
        {"settings": {"a": {"b": 1}}},
        {"settings": {"a": float("nan")}},
        {"settings": {"a": 10**300}},
        {"settings": {"a\x07": 1}},
        {"settings": {str(n): n for n in range(MAX_ENTRIES + 1)}},
        {"networks": {"a": 1}},
        {"networks": None},
        {"provider": None},
        {"provider": "x" * 999},
        {"seed": "7"},
        {"seed": True},
        {"seed": 1.5},
        {"seed": 10**30},
    ],
)
def test_every_field_is_checked(changes: dict[str, Any]) -> None:
    assert refusal(changed(**changes)).startswith(
        "The settings stored in this PNG cannot be used: "
    )
