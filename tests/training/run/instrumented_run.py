"""training.classifier.train with a tiny recipe, which records what each process did.

Each process writes processN.json into the run's folder. With COPY_AT in the environment the folder
is copied right after the checkpoint of that step, as a run leaves it that is killed there.
"""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import torch

from training.classifier import run as classifier_run
from training.classifier import train
from training.classifier.recipes import RECIPES, Stage, TrainingRecipe
from training.classifier.run import Run
from training.common.errors import exit_on_user_error
from training.data import read_manifest

INSTRUMENTED = TrainingRecipe(stages=(Stage(32, 2, 8), Stage(48, 2, 12)), optimiser="muon", ema=0.8)
COPY_AT = int(os.environ.get("COPY_AT", -1))


def copied(folder: Path) -> Path:
    """Where the copy of a run's folder is."""
    return folder.with_name(f"{folder.name}-copied")


def digest(tensors):
    parts = [value.detach().float().contiguous().numpy().tobytes() for value in tensors]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@exit_on_user_error()
def main():
    RECIPES["instrumented"] = INSTRUMENTED
    train.SAVE_EVERY = -1.0  # a checkpoint after every step
    classifier_run.draw_curves = lambda *_: None
    args = train.parse_args()
    run = Run(args, read_manifest(args.manifest))
    rates, dropped, pictures = [], [], []
    save, step = run.save, run.optimiser.step

    def save_and_copy():
        save()
        if run.progress.step == COPY_AT and run.accelerator.is_main_process:
            shutil.copytree(run.folder, copied(run.folder))

    def recorded_step():
        step()
        rates.append(run.optimiser.param_groups[0]["lr"])

    def record_dropout(module, inputs, output):
        if module.training:
            dropped.append(digest([output == 0]))

    def record_pictures(module, inputs):
        if module.training:
            pictures.extend(digest([image]) for image in inputs[0])

    run.save, run.optimiser.step = save_and_copy, recorded_step
    run.network.register_forward_pre_hook(record_pictures)
    run.network.dropout.register_forward_hook(record_dropout)
    train.train(run)
    seen = {
        "rates": rates,
        "planned": run.total_steps,
        "taken": run.progress.step,
        "weights": digest(run.network.parameters()),
        "averaged": digest(run.ema.module.state_dict().values()),
        "rows": [{k: v for k, v in row.items() if k != "seconds"} for row in run.rows],
        "dropped": dropped,
        "pictures": pictures,
    }
    index = run.accelerator.process_index
    (run.folder / f"process{index}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
