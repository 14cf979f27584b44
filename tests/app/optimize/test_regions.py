from dataclasses import replace

import numpy as np
import pytest

from app.errors import UserError
from app.optimize.regions import assign_regions, check_styles
from app.optimize.spec import OptimizationSpec, StyleSpec
from tests.app.optimize.tiny import painting, photograph

LEFT = np.zeros((48, 64), np.uint8)
LEFT[:, :32] = 255


def spec(*styles, **changes):
    return replace(OptimizationSpec(photograph(), styles), **changes)


def test_styles_without_a_region_share_it_by_their_weights():
    style_spec = spec(StyleSpec(painting(), 3), StyleSpec(painting(), 1), StyleSpec(painting(), 0))
    (place,) = assign_regions(style_spec, 64, 48)
    assert [style.weight for style in place.styles] == [0.75, 0.25]
    assert place.region is None
    assert place.share == 1


def test_a_style_without_a_region_paints_the_rest():
    sky, ground = assign_regions(
        spec(StyleSpec(painting(), region=LEFT), StyleSpec(painting())), 64, 48
    )
    assert (sky.share, ground.share) == (0.5, 0.5)
    np.testing.assert_array_equal(sky.region + ground.region, 255)
    assert sky.region[:, 0].min() == 255


def test_nothing_outside_the_mask_is_painted():
    style_spec = spec(StyleSpec(painting(), region=LEFT), StyleSpec(painting()), mask=255 - LEFT)
    (place,) = assign_regions(style_spec, 32, 24)  # the mask leaves the first style no place
    assert place.share == 1
    assert place.region.shape == (24, 32)
    assert place.region[:, :16].max() == 0


@pytest.mark.parametrize(
    ("style_spec", "reason"),
    [
        (spec(), "one to four|one to 4"),
        (spec(*[StyleSpec(painting())] * 5), "one to 4"),
        (spec(StyleSpec(painting(), 0)), "above zero"),
        (spec(StyleSpec(painting(), -1), StyleSpec(painting(), 2)), "negative"),
        (spec(StyleSpec(painting(), region=LEFT * 0)), "region of style 1 is empty"),
        (spec(StyleSpec(painting()), mask=LEFT * 0), "mask is empty"),
    ],
)
def test_impossible_styles_are_refused(style_spec, reason):
    with pytest.raises(UserError, match=reason):
        check_styles(style_spec)
