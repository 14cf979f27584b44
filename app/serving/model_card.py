"""The classifier's metadata in its ONNX file: classes, calibration, training data, scores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import UserError
from training.common.refusal import Thresholds

PHOTOGRAPH = 0.8
"""Threshold of the probability of a photograph, for files that state none."""


@dataclass(frozen=True)
class ModelCard:
    """The metadata that `export.onnx.classifier` wrote, parsed.

    Attributes:
        name: the network's name in words.
        version: of the weights.
        licence: of the weights.
        network: the architecture, a key of `training.networks.NETWORKS`.
        opset: of the ONNX graph.
        movements: class names, in the order of the outputs.
        kinds: names of the kinds of picture; the first is a painting of the movements.
        preprocessing: size, crop, pad_colour, mean, std and views of the training.
        temperature: by which the logits were divided already.
        outside_threshold: refuse when the score of being outside the movements exceeds it.
        bias: per movement; logits are the spatial mean of the class activation map plus this.
        training: the recipe and its settings.
        data: what was trained and tested on, and its rights.
        metrics: as `training.classifier.evaluate` measured.
        curves: loss and accuracy per epoch.
    """

    name: str
    version: str
    licence: str
    network: str
    opset: int
    movements: tuple[str, ...]
    kinds: tuple[str, ...]
    preprocessing: dict[str, Any]
    temperature: float
    outside_threshold: float
    bias: tuple[float, ...]
    training: dict[str, Any]
    data: dict[str, Any]
    metrics: dict[str, Any]
    curves: dict[str, list[float]]

    @property
    def thresholds(self) -> Thresholds:
        """Thresholds above which a picture gets no verdict."""
        measured = {"photograph": PHOTOGRAPH, **self.metrics.get("thresholds", {})}
        return Thresholds(**measured | {"outside": self.outside_threshold})

    @classmethod
    def parse(cls, metadata: Mapping[str, str]) -> "ModelCard":
        """Read the strings of an ONNX file.

        Raises:
            UserError: an entry is missing or cannot be read.
        """

        def text(key: str) -> str:
            if key not in metadata:
                raise UserError(f"The network's file has no entry {key!r}: {REMEDY}")
            return metadata[key]

        def parsed(key: str) -> Any:
            try:
                return json.loads(text(key))
            except json.JSONDecodeError as error:
                raise UserError(f"The network's entry {key!r} is not JSON: {REMEDY}") from error

        return cls(
            name=text("name"),
            version=text("version"),
            licence=text("license"),
            network=text("network"),
            opset=parsed("opset"),
            movements=tuple(parsed("movements")),
            kinds=tuple(parsed("kinds")),
            preprocessing=parsed("preprocessing"),
            temperature=parsed("temperature"),
            outside_threshold=parsed("outside_threshold"),
            bias=tuple(parsed("bias")),
            training=parsed("training"),
            data=parsed("data"),
            metrics=parsed("metrics"),
            curves=parsed("curves"),
        )


REMEDY = "export it again with `python -m export.onnx.classifier`, or fetch the repository's own."
