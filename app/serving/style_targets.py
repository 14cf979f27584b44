"""What the slow painter aims at for the presets: statistics that come with the app, no pictures."""

from collections.abc import Mapping
from pathlib import Path

from app.errors import UserError
from app.serving.presets import REMEDY
from app.serving.runtime import read_metadata
from training.style.shipped_files import TEXTURE_FILE
from training.style.statistics import TARGETS_FILE, StyleStatistics, load_statistics


def read_targets(folder: Path) -> Mapping[str, StyleStatistics]:
    """The statistics of paintings, by the names of their presets.

    Args:
        folder: holds them, and the texture encoder that saw the paintings.

    Raises:
        UserError: a file is missing or damaged, or they were made with another version of the
            encoder.
    """
    loaded = read_metadata(folder / TEXTURE_FILE).get("version", "")
    if not loaded:  # What the file says of itself comes last in it.
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
