from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator

from training.classifier.batches import GPU_BATCH, RunBatches, batch_that_fits, choose_batch
from training.classifier.recipes import RECIPES, Stage
from training.data import read_manifest


def batches(records, accelerator=None, **more):
    args = SimpleNamespace(
        **{"workers": 0, "seed": 0, "teacher": None, "teacher_size": None} | more
    )
    accelerator = accelerator or Accelerator(cpu=True)
    return RunBatches(accelerator, args, RECIPES["quick"], records, records[:5])


def test_an_epoch_on_the_device_shows_each_picture_once(manifest):
    records = read_manifest(manifest)[:40]
    epoch = batches(records)
    epoch.keep_on_device()
    shown = list(epoch.training(Stage(32, 1, 8), 0, 0))
    assert [image.shape for image, _, _ in shown] == [(8, 32, 32, 3)] * 5
    labels = torch.cat([labels for _, labels, _ in shown])
    assert sorted(labels.tolist()) == sorted(record.label for record in records)
    again = list(epoch.training(Stage(32, 1, 8), 0, 3))
    assert len(again) == 2
    assert torch.equal(again[0][0], shown[3][0])
    other = next(iter(epoch.training(Stage(32, 1, 8), 1, 0)))
    assert not torch.equal(other[0], shown[0][0])


def test_processes_share_an_epoch_on_the_device(manifest):
    records = read_manifest(manifest)[:40]
    orders = []
    for index in range(2):
        process = SimpleNamespace(device=torch.device("cpu"), process_index=index, num_processes=2)
        orders.append(batches(records, process)._own(list(range(40)), 9))
    assert [len(order) for order in orders] == [2, 2]
    shown = [picture for order in orders for batch in order for picture in batch]
    assert sorted(shown) == list(range(36))


def test_validation_is_the_same_from_the_device(manifest):
    epoch = batches(read_manifest(manifest)[:20])
    from_files = list(epoch.whole())
    epoch.keep_on_device()
    for ours, expected in zip(epoch.whole(), from_files, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, expected, strict=True))
    assert epoch.whole() is epoch.whole()


@pytest.mark.parametrize(
    ("teacher", "teacher_size", "side"),
    [("inception_v3", None, 128), ("network", None, 224), ("network", 96, 96), ("network", 16, 32)],
)
def test_views_have_the_size_of_the_teachers_input(manifest, teacher, teacher_size, side):
    records = read_manifest(manifest)[:8]
    epoch = batches(records, teacher=(teacher, "file"), teacher_size=teacher_size)
    image, _, _ = next(iter(epoch.training(Stage(32, 1, 8), 0, 0)))
    assert image.shape == (8, side, side, 3)


def test_without_a_gpu_the_recipe_stays_as_it_is():
    assert choose_batch(RECIPES["progressive"], Accelerator(cpu=True)) == RECIPES["progressive"]


@pytest.mark.parametrize(("pictures", "processes", "steps"), [(81, 1, 10), (81, 2, 5), (9, 2, 1)])
def test_an_epoch_has_as_many_steps_as_planned(manifest, pictures, processes, steps):
    records = read_manifest(manifest)[:pictures]
    device = torch.device("cpu")
    for index in range(processes):
        process = SimpleNamespace(device=device, process_index=index, num_processes=processes)
        epoch = batches(records, process)
        assert epoch.steps(Stage(32, 1, 8)) == steps
        assert len(epoch._own(list(range(pictures)), 8)) == steps


def test_processes_share_the_validation_pictures(manifest):
    seen = []
    for index in range(2):
        process = SimpleNamespace(device=torch.device("cpu"), process_index=index, num_processes=2)
        seen += [len(labels) for _, labels, _ in batches(read_manifest(manifest), process).whole()]
    assert seen == [3, 2]


@pytest.mark.parametrize(
    ("free", "size", "expected"),
    [(-1e9, 224, 2), (6e9, 224, 40), (6e9, 96, GPU_BATCH), (78e9, 224, GPU_BATCH)],
)
def test_batches_fit_the_memory(free, size, expected):
    assert batch_that_fits(int(free), size) == expected
