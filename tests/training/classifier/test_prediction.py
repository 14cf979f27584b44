from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from tests.export.conftest import untrained
from training.classifier.prediction import predict
from training.common.preprocessing import SIZE, letterbox
from training.data import Record


def test_lengths_and_peaks_are_those_of_the_whole_picture(tmp_path: Path) -> None:
    pictures = [data.coffee(), data.chelsea(), data.astronaut()]
    records = []
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
        records.append(Record(str(tmp_path / f"{number}.png"), "Cubism"))
    network = untrained("small_cnn")
    found = predict(network, records, workers=0, progress=False)
    weights, _ = network.class_activation_weights()
    for number, picture in enumerate(pictures):
        whole = torch.from_numpy(letterbox(picture, SIZE)[0])[None]
        with torch.no_grad():
            seen = network(network.normalise(whole))
        np.testing.assert_allclose(found.logits[number, 0], seen.logits[0], atol=1e-4)
        assert found.lengths[number] == pytest.approx(float(seen.embedding.norm()), rel=1e-4)
        cells = torch.einsum(
            "c,chw->hw", weights.detach()[seen.logits[0].argmax()], seen.features[0]
        )
        row, column = np.unravel_index(int(cells.argmax()), cells.shape)
        expected = (row + 0.5) / cells.shape[0], (column + 0.5) / cells.shape[1]
        np.testing.assert_allclose(found.peaks[number], expected, rtol=1e-5)
