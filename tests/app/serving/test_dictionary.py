# ruff: noqa: F811 - atlas_folder is a fixture
import csv
import io
from pathlib import Path

import numpy as np
import pytest

from app.errors import UserError
from app.serving.dictionary import Dictionary
from app.serving.dictionary_search import direction_name, orders, search
from export.assets.dictionary import facts, write
from tests.atlas_fixture import READER, TOTAL, atlas_folder, columns  # noqa: F401
from training.common.depths import CHANNELS, LAYERS
from training.common.movements import MOVEMENTS
from training.common.shipped_files import DICTIONARY_FILE

SHIPPED = Path(__file__).parents[3] / "onnx_models" / "atlas"


@pytest.fixture(scope="module")
def dictionary(atlas_folder: Path) -> Dictionary:
    return Dictionary.read(atlas_folder / "atlas")


@pytest.fixture(scope="module")
def shipped() -> Dictionary:
    return Dictionary.read(SHIPPED)


def responsive(number: np.ndarray) -> np.ndarray:
    return number % 5 != 0


NUMBERS = np.arange(TOTAL)
DIRECTED = responsive(NUMBERS) & (NUMBERS % 4 != 0)
FOUND = {
    "": NUMBERS >= 0,
    "vertical": DIRECTED & np.isin(NUMBERS % 12, (5, 6, 7)),
    "horizontal": DIRECTED & np.isin(NUMBERS % 12, (11, 0, 1)),
    "rising": DIRECTED & np.isin(NUMBERS % 12, (2, 3, 4)),
    "falling": DIRECTED & np.isin(NUMBERS % 12, (8, 9, 10)),
    "diagonal": DIRECTED & np.isin(NUMBERS % 12, (2, 3, 4, 8, 9, 10)),
    "fine": responsive(NUMBERS) & (NUMBERS % 3 == 0),
    "medium": responsive(NUMBERS) & (NUMBERS % 3 == 1),
    "coarse": responsive(NUMBERS) & (NUMBERS % 3 == 2),
    "colourful": responsive(NUMBERS) & (NUMBERS % 3 != 0) & (NUMBERS % 11 >= 3),
    "grey": responsive(NUMBERS) & (NUMBERS % 3 == 0) & (NUMBERS % 11 <= 8),
    "blue": responsive(NUMBERS) & (NUMBERS % 3 == 2),
    "stripes": responsive(NUMBERS),
    "sparse": NUMBERS % 10 >= 7,
    "votes for Cubism": NUMBERS % 5 == 2,
    "cubism": NUMBERS % 5 == 2,
    "17": np.isin(NUMBERS, (17, 256 + 17, 768 + 17, 1792 + 17)),
    "1000": np.isin(NUMBERS, (768 + 1000, 1792 + 1000)),
    "conv3_block12": (NUMBERS >= 256) & (NUMBERS < 768),
}


@pytest.mark.parametrize("words", FOUND)
def test_a_word_finds_the_channels_that_match(dictionary, words):
    assert search(dictionary, words).tolist() == np.flatnonzero(FOUND[words]).tolist()


def test_all_words_must_match(dictionary):
    both = FOUND["vertical"] & FOUND["medium"] & FOUND["cubism"]
    found = search(dictionary, "Answers to medium, vertical stripes; votes for CUBISM")
    assert found.tolist() == np.flatnonzero(both).tolist()
    assert len(found)


def test_a_channel_of_a_layer_is_found_by_both(dictionary):
    assert search(dictionary, "conv4_block24 17").tolist() == [768 + 17]
    assert search(dictionary, "17", layer="conv4_block24").tolist() == [768 + 17]


def test_no_and_not_negate_a_word(dictionary):
    for words, negated in (("no stripes", "stripes"), ("not fine", "fine")):
        found = np.flatnonzero(~FOUND[negated]).tolist()
        assert search(dictionary, words).tolist() == found


def test_for_and_against_say_what_a_movement_is_about(dictionary):
    against = search(dictionary, "against Impressionism for Cubism")
    votes = dictionary.columns["votes"][against]
    assert len(votes) > 100
    assert (votes.argmin(1) == 3).all()
    assert (votes.argmax(1) == 1).all()


def test_american_spelling_is_understood(dictionary):
    for one, other in (("colorful", "colourful"), ("gray", "grey")):
        assert search(dictionary, one).tolist() == search(dictionary, other).tolist()


def test_an_unknown_word_is_named_with_those_that_are_known(dictionary):
    with pytest.raises(UserError, match=r"'baroque'; try horizontal, vertical.*Cubism"):
        search(dictionary, "vertical Baroque")


def test_channels_can_be_sorted(dictionary):
    stored = dictionary.columns
    finest = search(dictionary, "", order="finest first")
    responsive_first = dictionary.responsive[finest]
    assert responsive_first[
        : responsive_first.sum()
    ].all()  # those that answer to no stripes come last
    assert (np.diff(stored["frequency"][finest[: responsive_first.sum()]]) <= 0).all()
    voters = search(dictionary, "stripes", order="votes for Cubism", layer="conv5_block16")
    assert (np.diff(stored["votes"][voters, 1]) <= 0).all()
    turning = search(dictionary, "oriented", order="by direction")
    assert (np.diff(stored["orientation"][turning]) >= 0).all()
    assert len(search(dictionary, "", order="most colourful first")) == TOTAL
    with pytest.raises(KeyError, match="by number"):
        search(dictionary, "", order="by beauty")


def test_orders_are_those_that_search_knows(dictionary):
    for order in orders(MOVEMENTS):
        assert sorted(search(dictionary, "fine", order=order)) == list(search(dictionary, "fine"))


@pytest.mark.parametrize(
    ("degrees", "name"),
    [(0, "horizontal"), (44, "rising"), (91, "vertical"), (135, "falling"), (179, "horizontal")],
)
def test_directions_have_names(degrees, name):
    assert direction_name(degrees) == name


def test_a_card_says_what_the_file_holds(dictionary):
    card = dictionary.card("conv3_block12", 4)
    expected, number = columns(), 256 + 4
    assert (card.number, card.layer, card.channel) == (number, "conv3_block12", 4)
    assert card.hue == ("grey", "red-green", "blue-yellow")[number % 3]
    assert card.orientation == expected["orientation"][number]
    assert card.votes == dict(zip(MOVEMENTS, expected["votes"][number].tolist(), strict=True))
    assert card.responds is False
    assert dictionary.card("conv3_block12", 5).responds is True
    assert [(near.layer, near.channel) for near in card.nearest] == [
        ("conv3_block12", channel) for channel in range(5, 11)
    ]
    assert card.nearest[0].correlation == pytest.approx(0.9, abs=1e-3)


def test_statistics_and_votes_are_by_layer(dictionary):
    mean, deviation = dictionary.statistics("conv4_block24")
    assert mean.dtype == deviation.dtype == np.float32
    assert mean.tolist() == list(range(768, 1792))
    assert deviation.tolist() == list(range(TOTAL - 768, TOTAL - 1792, -1))
    assert dictionary.votes("conv5_block16").shape == (1024, 5)
    np.testing.assert_array_equal(
        np.concatenate([dictionary.votes(layer) for layer in LAYERS]), dictionary.columns["votes"]
    )


def test_channel_inverts_number(dictionary):
    for number in (0, 255, 256, 767, 768, 1791, 1792, 2815):
        assert dictionary.number(*dictionary.channel(number)) == number


def test_unknown_layers_and_channels_are_refused(dictionary):
    with pytest.raises(KeyError, match="conv2_block6"):
        dictionary.statistics("conv9")
    with pytest.raises(KeyError, match="conv2_block6"):
        search(dictionary, "", layer="conv9")
    for channel in (-1, 512):
        with pytest.raises(IndexError, match="0 to 511"):
            dictionary.card("conv3_block12", channel)
    for number in (-1, TOTAL):
        with pytest.raises(IndexError, match="0 to 2815"):
            dictionary.channel(number)


def test_the_table_has_a_row_for_every_channel(dictionary):
    rows = list(csv.DictReader(io.StringIO(dictionary.csv)))
    assert len(rows) == TOTAL
    row, card = rows[300], dictionary.card("conv3_block12", 44)
    assert (row["layer"], row["channel"]) == ("conv3_block12", "44")
    assert float(row["votes for Cubism"]) == pytest.approx(card.votes["Cubism"], rel=1e-3)
    assert float(row["prefers Realism"]) == pytest.approx(card.preferences["Realism"], rel=1e-3)
    assert row["nearest"].split()[0] == "conv3_block12/45"


def test_a_missing_dictionary_says_how_to_get_one(tmp_path):
    with pytest.raises(UserError, match="dictionary is missing; make it with"):
        Dictionary.read(tmp_path)


def test_a_damaged_dictionary_is_refused(tmp_path):
    path = tmp_path / DICTIONARY_FILE
    for content in (b"", b"PK no archive", b"\x93NUMPY"):
        path.write_bytes(content)
        with pytest.raises(UserError, match="cannot be read"):
            Dictionary.read(tmp_path)
    for spoilt in ({"mean": np.zeros(3)}, {"drive": np.array(["a"])}):
        write(tmp_path, columns() | spoilt, facts(READER, 1, 1))
        with pytest.raises(UserError, match="cannot be read"):
            Dictionary.read(tmp_path)


def test_the_shipped_dictionary_describes_the_shipped_classifier(shipped, classifier):
    assert shipped.classifier_version == classifier.metadata.version
    assert shipped.movements == classifier.metadata.movements
    assert shipped.layers == CHANNELS
    assert (SHIPPED / DICTIONARY_FILE).stat().st_size < 400_000


def test_the_shipped_numbers_are_in_their_ranges(shipped):
    stored = shipped.columns
    for name, values in stored.items():
        assert np.isfinite(values).all(), name
    for name in ("selectivity", "colourfulness", "sparsity"):
        assert stored[name].min() >= 0, name
        assert stored[name].max() <= 1, name
    assert (stored["deviation"] > 0).all()
    assert ((stored["orientation"] >= 0) & (stored["orientation"] <= 180)).all()
    # Neither votes nor preferences favour one movement over all channels: both are centred.
    np.testing.assert_allclose(stored["votes"].sum(1), 0, atol=2e-3)
    np.testing.assert_allclose(stored["preferences"].sum(1), 0, atol=1e-2)
    assert (stored["nearest"] != np.arange(TOTAL)[:, None]).all()
    assert (np.diff(stored["likeness"], axis=1) <= 0).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_word_finds_something_in_every_shipped_layer(shipped, layer):
    words = ("vertical", "horizontal", "rising", "falling", "fine", "coarse", "colourful", "grey")
    for word in (*words, *MOVEMENTS, "no stripes", "red", "blue"):
        assert len(search(shipped, word, layer=layer)), word
