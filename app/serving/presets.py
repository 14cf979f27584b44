"""The styles that ship with the app: vectors for the stylizer, statistics for the optimization.

`styles.json` lists them and `styles.npy` holds the vectors in the same order; both belong to one
version of the style encoder. The statistics belong to one version of the texture encoder, and let
the optimization aim at paintings that are not shipped.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from app.errors import UserError
from app.serving.runtime import read_metadata
from app.translation import gettext as _
from training.common.shipped_files import PRESETS_FILE, TEXTURE_FILE, VECTORS_FILE
from training.style.statistics import TARGETS_FILE, StyleStatistics, load_statistics

REMEDY = "make the presets again, or fetch the repository's own."

Kind = Literal["painting", "movement"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FIELDS = {
    "name": str,
    "title": str,
    "artist": str,
    "year": int | None,
    "rights": str,
    "kind": str,
    "thumbnail": str,
}


@dataclass(frozen=True, eq=False)
class Preset:
    """A style that ships with the app.

    Attributes:
        name: short, for programs: small letters, digits and hyphens.
        title: of the painting, or the movement's name.
        artist: who painted it; may be empty for a movement.
        year: when, where it is known.
        rights: under which the painting may be used.
        kind: "painting", or "movement" for one made of a movement's paintings.
        thumbnail: a WebP picture rendered in this style.
        vector: float32 [D].
    """

    name: str
    title: str
    artist: str
    year: int | None
    rights: str
    kind: Kind
    thumbnail: Path
    vector: np.ndarray


@dataclass(frozen=True, eq=False)
class Presets:
    """All styles that ship with the app, in the order of the gallery."""

    styles: tuple[Preset, ...]

    @classmethod
    def read(cls, folder: Path, *, encoder_version: str, length: int) -> "Presets":
        """Read and check the presets of a folder.

        Args:
            folder: holds both files; thumbnails are in it or below.
            encoder_version: of the style encoder that is loaded.
            length: of its vectors.

        Raises:
            UserError: a file is missing, incomplete, or made for another version.
        """
        entries = _read_list(folder / PRESETS_FILE, encoder_version)
        vectors = _read_vectors(folder / VECTORS_FILE, len(entries), length)
        styles = tuple(
            _preset(folder, number, entry, vector)
            for number, (entry, vector) in enumerate(zip(entries, vectors, strict=True), start=1)
        )
        names = [style.name for style in styles]
        for name in names:
            if names.count(name) > 1:
                raise UserError(f"Two presets are called {name!r}: {REMEDY}")
        return cls(styles)

    def __iter__(self) -> Iterator[Preset]:
        return iter(self.styles)

    def __len__(self) -> int:
        return len(self.styles)

    def of_kind(self, kind: Kind) -> tuple[Preset, ...]:
        """The presets made of single paintings, or of movements."""
        return tuple(style for style in self.styles if style.kind == kind)

    def named(self, name: str) -> Preset:
        """The preset with a name.

        Raises:
            UserError: there is none; the sentence lists those there are.
        """
        for style in self.styles:
            if style.name == name:
                return style
        names = ", ".join(style.name for style in self.styles)
        sentence = _("There is no preset {name!r} here; ask for one of {names}.")
        raise UserError(sentence.format(name=name, names=names))


def read_targets(folder: Path) -> Mapping[str, StyleStatistics]:
    """The target statistics for optimizing towards presets, by the presets' names.

    Args:
        folder: holds them, and the texture encoder that computed them.

    Raises:
        UserError: a file is missing or damaged, or they were made with another version of the
            encoder.
    """
    loaded = read_metadata(folder / TEXTURE_FILE).get("version", "")
    if not loaded:  # The metadata is at the end of the file.
        raise UserError(f"The network {folder / TEXTURE_FILE} was cut short; fetch it again.")
    try:
        found, version = load_statistics(folder / TARGETS_FILE)
    except Exception as error:  # safetensors has errors of its own.
        raise UserError(
            f"The presets' statistics {TARGETS_FILE} cannot be read: {REMEDY}"
        ) from error
    if version != loaded:
        raise UserError(
            f"The presets' statistics were made with version {version} of the texture encoder, but"
            f" version {loaded} is loaded: {REMEDY}"
        )
    return found


def _read_list(path: Path, encoder_version: str) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"The list of presets {path.name} cannot be read: {REMEDY}") from error
    match content:
        case {"encoder_version": str(version), "styles": [_, *_] as entries}:
            if version != encoder_version:
                raise UserError(
                    f"The presets were made with version {version} of the style encoder, but"
                    f" version {encoder_version} is loaded: {REMEDY}"
                )
            return entries
    raise UserError(f"The list of presets {path.name} is incomplete: {REMEDY}")


def _read_vectors(path: Path, count: int, length: int) -> np.ndarray:
    """Float32 [count,length]."""
    try:
        with path.open("rb") as file:
            vectors: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"The presets' vectors {path.name} cannot be read: {REMEDY}") from error
    if vectors.shape != (count, length):
        raise UserError(f"{path.name} does not hold {count} vectors of {length}: {REMEDY}")
    if vectors.dtype != np.float16 or not np.isfinite(vectors).all():
        raise UserError(f"{path.name} holds something that is no style: {REMEDY}")
    vectors = vectors.astype(np.float32)
    vectors.flags.writeable = False  # All visitors share them.
    return vectors


def _preset(folder: Path, number: int, entry: Any, vector: np.ndarray) -> Preset:
    """Check one entry of the list; `number` names it in sentences."""

    def wrong(what: str) -> UserError:
        return UserError(f"Preset {number} of {PRESETS_FILE} {what}: {REMEDY}")

    if not isinstance(entry, dict) or entry.keys() != _FIELDS.keys():
        raise wrong(f"must have exactly {', '.join(_FIELDS)}")
    for field, kind in _FIELDS.items():
        if not isinstance(entry[field], kind) or isinstance(entry[field], bool):
            raise wrong(f"has a wrong {field}")
        optional = field == "artist" and entry["kind"] == "movement"
        if isinstance(entry[field], str) and not entry[field].strip() and not optional:
            raise wrong(f"has an empty {field}")
    if not _NAME.fullmatch(entry["name"]):
        raise wrong("needs a name of small letters, digits and hyphens")
    if entry["kind"] not in get_args(Kind):
        raise wrong(f"is neither a {' nor a '.join(get_args(Kind))}")
    thumbnail = folder / entry["thumbnail"]
    if thumbnail.suffix != ".webp" or not thumbnail.resolve().is_relative_to(folder.resolve()):
        raise wrong("must have a WebP thumbnail inside the folder")
    if not thumbnail.is_file():
        raise wrong(f"lacks its thumbnail {entry['thumbnail']}")
    return Preset(**{**entry, "thumbnail": thumbnail, "vector": vector})
