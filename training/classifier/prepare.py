"""What a classifier's training run trains, made from its command line."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import torch
from safetensors import SafetensorError

from training.classifier.distillation import Distillation, make_distillation
from training.classifier.initialise import freeze, initialise
from training.classifier.losses import log_prior
from training.classifier.objective import ClassifierObjective
from training.classifier.recipes import RECIPES, TrainingRecipe, with_batches
from training.common.errors import UserError
from training.data import Record
from training.networks import MovementNetwork, build


def choose_recipe(args: argparse.Namespace) -> TrainingRecipe:
    """The named recipe, with what the command line says otherwise."""
    recipe = RECIPES[args.recipe]
    if args.logit_adjustment is not None:
        recipe = replace(recipe, logit_adjustment=args.logit_adjustment)
    if args.batch is not None:
        recipe = with_batches(recipe, [args.batch] * len(recipe.stages))
    return recipe


def make_objective(
    args: argparse.Namespace, recipe: TrainingRecipe, train: Sequence[Record]
) -> ClassifierObjective:
    """The network with its first weights, its teacher, and the loss.

    Args:
        args: the command line of training.classifier.train.
        recipe: the weights of the losses.
        train: the training pictures, which say how common each movement is.

    Raises:
        UserError: first weights or teacher are missing, or of another network.
    """
    network = build(args.network)
    initialise(network, args.network, args.init)
    network.temperature.fill_(1)  # that of `--init` was fitted to other weights
    freeze(network, args.network, args.freeze)
    distillation = _make_distillation(args, network) if args.teacher else None
    adjustment = None
    if recipe.logit_adjustment:
        labels = torch.tensor([record.label for record in train])
        prior = log_prior(labels, network.classifier.out_features)
        adjustment = recipe.logit_adjustment * prior
    return ClassifierObjective(network, distillation, recipe, adjustment)


def _make_distillation(args: argparse.Namespace, network: MovementNetwork) -> Distillation:
    try:
        return make_distillation(args.teacher, network, args.network)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        kind, *files = args.teacher
        raise UserError(f"{' '.join(files)} does not hold the weights of {kind}.") from error
