import torch

from training.classifier.resident import ResidentPictures
from training.style.pairs import Collection, Pairs
from training.style.resident import resident_batches


def test_crops_on_a_device_are_those_of_the_files(folders):
    collection = Collection.read(*folders)
    pairs = Pairs(collection, 48, 8, together=2)
    records = [*collection.photographs, *collection.styles]
    pictures = ResidentPictures(records, torch.device("cpu"), 2)
    batches = list(resident_batches(pairs, pictures, [range(0, 4), range(4, 8)]))
    assert len(batches) == 2
    for index in range(8):
        ours = [part[index % 4] for part in batches[index // 4]]
        expected = pairs[index]
        for crop, wanted in zip(ours[:2], expected[:2], strict=True):
            assert crop.dtype == torch.uint8
            assert crop.shape == wanted.shape
            # Pillow rounds after each of the two directions.
            assert (crop.int() - wanted.int()).abs().max() <= 2
        assert ours[2].item() == expected[2]
