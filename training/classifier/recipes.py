"""Named recipes: everything about a training run that a paper would print in its table."""

import argparse
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from training.classifier.views import Augmentation
from training.run.schedule import cosine_rate

WARM_UP = 0.03
"""Share of a run in which the learning rate rises."""


@dataclass(frozen=True)
class Stage:
    """Some epochs at one resolution: small pictures first make the same epochs much cheaper."""

    size: int
    epochs: int
    batch: int


@dataclass(frozen=True)
class TrainingRecipe:
    """How a network is trained.

    Attributes:
        stages: resolutions in order.
        optimiser: "adam" (Adam, ArtNet's), "adamw", or "muon" (see training.run.optimisers).
        learning_rate: the highest.
        schedule: "cosine" to zero with a warm-up of 3 % of all steps, or "halve2": half of it
            after every second epoch.
        weight_decay: of AdamW, on matrices and kernels only.
        label_smoothing: share of the target spread over all classes.
        logit_adjustment: tau, how far movements with few pictures are favoured, see
            `losses.log_prior`; 0 leaves the data's own frequencies, 1 makes all movements equal.
            Of 0 to 1, subtracted from the logits of classifier 0.2, 1 had the lowest balanced loss
            and the highest macro-recall on validation pictures.
        ema: decay of the averaged weights, 0 for none.
        views: "random" augmented views, or "six": the whole and five crops at the file's own
            resolution, in turn.
        augmentation: ranges for the random views.
        feature_weight: weight of the teacher's features in the loss.
        verdict_weight: weight of the teacher's verdict in the loss.
        mixup: the parameter of the Beta distribution by whose shares pictures are blended; a
            teacher's verdict then takes the place of all labels. 0 blends none.
        patience: epochs without a lower balanced validation loss before stopping early.
    """

    stages: tuple[Stage, ...]
    optimiser: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    logit_adjustment: float = 1.0
    ema: float = 0.998
    views: str = "random"
    augmentation: Augmentation = field(default_factory=Augmentation)
    feature_weight: float = 15.0
    verdict_weight: float = 1.0
    mixup: float = 0.0
    patience: int = 10

    @property
    def epochs(self) -> int:
        """Of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def stage(self, epoch: int) -> Stage:
        """The stage that an epoch, counted from 0, belongs to."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage
            epoch -= stage.epochs
        return self.stages[-1]

    def rate(self, done: float, epoch: int) -> float:
        """The learning rate of the next step.

        Args:
            done: share of the run that is over, 0..1.
            epoch: counted from 0.
        """
        if self.schedule == "halve2":
            return self.learning_rate * 0.5 ** (epoch // 2)
        return cosine_rate(self.learning_rate, done, (done + 1e-3) / WARM_UP)

    def epoch_at(self, done: float) -> int:
        """The epoch, counted from 0, that is due when a share of the work, 0..1, is done.

        The work of an epoch is counted in pixels: an epoch at twice the size is worth four.
        """
        pixels = list(accumulate(self.stage(epoch).size ** 2 for epoch in range(self.epochs)))
        return min(bisect_right(pixels, done * pixels[-1]), self.epochs - 1)


RECIPES = {
    "artnet": TrainingRecipe(
        stages=(Stage(224, 20, 32),),
        optimiser="adam",
        learning_rate=1e-4,
        schedule="halve2",
        weight_decay=0.0,
        label_smoothing=0.0,
        logit_adjustment=0.0,
        ema=0.0,
        views="six",
    ),
    "progressive": TrainingRecipe(
        stages=(Stage(96, 4, 32), Stage(128, 6, 32), Stage(160, 2, 32), Stage(224, 1, 32)),
        optimiser="muon",
    ),
    "brisk": TrainingRecipe(
        stages=(Stage(96, 4, 32), Stage(128, 3, 32), Stage(192, 1, 32)),
        optimiser="muon",
    ),
    "finetune": TrainingRecipe(
        stages=(Stage(160, 4, 32), Stage(192, 5, 32)),
        learning_rate=3e-4,
        patience=9,
    ),
    "transfer": TrainingRecipe(
        stages=(Stage(160, 2, 32), Stage(224, 4, 32)),
        learning_rate=5e-4,
        ema=0.99,
        patience=6,
    ),
    "patient": TrainingRecipe(
        stages=(Stage(128, 16, 32), Stage(160, 16, 32), Stage(192, 16, 32)),
        optimiser="muon",
        feature_weight=3.0,
        mixup=1.0,
        patience=48,
    ),
    "quick": TrainingRecipe(stages=(Stage(64, 4, 16),), ema=0.0),
}
"""The recipes that `--recipe` knows. "artnet" is the ArtNet project's; "progressive" is ours,
"brisk" the same in half the time, to compare architectures. "transfer" starts from ImageNet's
weights, "finetune" from a network of our own, and "patient" learns from a teacher alone, for long
and from mixed pictures (Beyer et al. 2022)."""


def with_batches(recipe: TrainingRecipe, batches: Sequence[int]) -> TrainingRecipe:
    """A recipe with other batches, one for each stage.

    Sizes stay the recipe's: they decide what is learned, and the last is what is validated.
    """
    pairs = zip(recipe.stages, batches, strict=False)  # a checkpoint may be of another recipe
    return replace(recipe, stages=tuple(replace(stage, batch=batch) for stage, batch in pairs))


def choose_recipe(args: argparse.Namespace) -> TrainingRecipe:
    """The named recipe, with what the command line says otherwise."""
    recipe = RECIPES[args.recipe]
    if args.logit_adjustment is not None:
        recipe = replace(recipe, logit_adjustment=args.logit_adjustment)
    if args.batch is not None:
        recipe = with_batches(recipe, [args.batch] * len(recipe.stages))
    return recipe
