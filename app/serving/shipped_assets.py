"""The files that ship with the app beside its networks; each is read when first used."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app import MODELS
from app.serving.atlas import Atlas
from app.serving.averages import Averages
from app.serving.dictionary import Dictionary
from app.serving.features import FeatureExtractor
from app.serving.reference_map import ReferenceMap
from app.serving.runtime import Provider
from app.serving.top_paintings import TopPaintings


@dataclass(frozen=True)
class ShippedAssets:
    """The same for all visitors; safe to use from several threads.

    Attributes:
        folder: where the files are.
        provider: what runs the network.
    """

    folder: Path = MODELS
    provider: Provider = "auto"

    @cached_property
    def features(self) -> FeatureExtractor:
        """The classifier with its inner feature maps as outputs."""
        return FeatureExtractor.load(
            self.folder / "movement_classifier.onnx", provider=self.provider
        )

    @cached_property
    def atlas(self) -> Atlas:
        """The feature visualization of each channel."""
        return Atlas.read(self.folder / "atlas")

    @cached_property
    def dictionary(self) -> Dictionary:
        """The measurements of each channel."""
        return Dictionary.read(self.folder / "atlas")

    @cached_property
    def top_paintings(self) -> TopPaintings | None:
        """The training paintings that activate each channel most, if they were computed."""
        return TopPaintings.read(self.folder / "atlas")

    @cached_property
    def averages(self) -> Averages:
        """Averages of the texture measures of the five movements' training paintings."""
        return Averages.read(self.folder / "brushwork.json")

    @cached_property
    def reference_map(self) -> ReferenceMap:
        """The training paintings as points on a map."""
        return ReferenceMap.read(self.folder / "map")
