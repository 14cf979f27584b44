"""What a person writes, read strictly."""

import pytest

from app.errors import UserError
from app.explain.feature_visualization.objective_parser import Channel, Movement, Term, parse
from app.explain.feature_visualization.recipes import ATLAS, MOVEMENT, recipe_for
from training.common.movements import MOVEMENTS


def read(text):
    return parse(text, MOVEMENTS)


def test_a_sum_of_products_with_weights():
    expression = read("conv4_block24:17 + 0.5*Cubism - conv3_block12:4@-1,2 * conv2_block6:0")
    assert expression.terms == (
        Term(1.0, (Channel("conv4_block24", 17),)),
        Term(0.5, (Movement(1, "Cubism"),)),
        Term(-1.0, (Channel("conv3_block12", 4, (-1, 2)), Channel("conv2_block6", 0))),
    )
    assert [str(channel) for channel in expression.channels][1] == "conv3_block12:4@-1,2"
    assert [movement.name for movement in expression.movements] == ["Cubism"]


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("  conv4_block24:017 ", "conv4_block24:17"),
        ("-2 * 1.5*REALISM", "-3*Realism"),
        ("+conv2_block6:3-0.25*cubism", "conv2_block6:3 - 0.25*Cubism"),
        ("conv5_block16:1*conv5_block16:2*.5", "0.5*conv5_block16:1*conv5_block16:2"),
    ],
)
def test_what_is_read_can_be_written_and_read_again(text, again):
    assert str(read(text)) == again
    assert read(again) == read(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Say what"),
        ("   ", "Say what"),
        ("conv4_block24", "Say which channel"),
        ("conv4_block24:", "means nothing"),
        ("conv4_block24:1024", "0 to 1023"),
        ("conv9_block9:1", "no layer conv9_block9"),
        ("Dada", "no movement Dada"),
        ("Cubism Realism", "missing before 'Realism'"),
        ("Cubism +", "is missing"),
        ("Cubism - - Realism", "is missing"),
        ("* Cubism", "is missing"),
        ("3", "number alone"),
        ("Cubism + 3", "number alone"),
        ("0 * Cubism", "Weights"),
        ("1000*Cubism", "Weights"),
        ("Cubism; import os", "means nothing"),
        ("(Cubism)", "means nothing"),
        ("conv4_block24:17@1", "means nothing"),
        ("conv4_block24:1" + "+Cubism" * 100, "too long"),
        ("<b>", "means nothing"),
        ("\u0661*Cubism", "means nothing"),
    ],
)
def test_invalid_arguments_are_refused_in_a_sentence(text, sentence):
    with pytest.raises(UserError, match=sentence):
        read(text)


def test_only_a_whole_channel_alone_is_one():
    assert read("conv4_block24:17").channel == Channel("conv4_block24", 17)
    for text in ("2*conv4_block24:17", "conv4_block24:17@0,0", "Cubism", "-conv4_block24:17"):
        assert read(text).channel is None


def test_a_recipe_is_that_of_the_deepest_part():
    assert recipe_for(read("conv3_block12:4"), 96, 48) == ATLAS["conv3_block12"]
    both = recipe_for(read("conv3_block12:4 + conv5_block16:3"), 256, 30)
    assert (both.size, both.steps, both.shift) == (256, 30, 32)
    assert recipe_for(read("conv3_block12:4 + Cubism"), 192, 128) == MOVEMENT
    assert recipe_for(read("conv3_block12:4@0,0"), 192, 128).shift < 8


def test_a_cell_must_be_on_the_canvas():
    recipe_for(read("conv5_block16:3@-2,1"), 128, 48)
    for place in ("2,0", "0,-3"):
        with pytest.raises(UserError, match=r"4 x 4 cells at 128 pixels.* from -2 to 1"):
            recipe_for(read(f"conv5_block16:3@{place}"), 128, 48)
