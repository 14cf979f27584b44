import numpy as np
import pytest
import torch
from torch import Tensor, nn

from export.onnx.graph import make_graph
from export.onnx.session import ParityError, cpu_session, require_parity


class Brightened(nn.Module):
    """Grey levels, moved by so many."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, image: Tensor) -> Tensor:
        return (image.float() + self.levels).to(torch.uint8)


class Root(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return values.sqrt()


@pytest.mark.parametrize("batch", [1, 3])
def test_grey_levels_are_compared_without_overflow(batch: int) -> None:
    image = np.full((batch, 4, 4, 3), 100, np.uint8)
    example = {"image": torch.from_numpy(image)}
    graph = make_graph(Brightened(1).eval(), example, {}, ["picture"], {})
    session = cpu_session(graph.SerializeToString())
    assert require_parity(Brightened(2), session, [{"image": image}], 1) == {"picture": 1}
    with pytest.raises(ParityError, match=r"'picture': 2\.0"):
        require_parity(Brightened(3), session, [{"image": image}], 1)


def test_nan_is_refused() -> None:
    graph = make_graph(Root().eval(), {"values": torch.ones(2)}, {}, ["root"], {})
    session = cpu_session(graph.SerializeToString())
    batches = [{"values": np.array(pair, np.float32)} for pair in ((4, 1), (4, -1))]
    assert require_parity(Root(), session, batches[:1]) == {"root": 0}
    with pytest.raises(ParityError, match="nan"):
        require_parity(Root(), session, batches)
