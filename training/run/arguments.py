"""Arguments that several command lines of training have in common."""

import argparse
from pathlib import Path


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Of every training run: its folder, how long it takes, and what it runs on."""
    add = parser.add_argument
    add("--out", type=Path, required=True, help="folder of the run")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    again.add_argument("--overwrite", action="store_true", help="begin anew, whatever --out holds")
    add("--minutes", type=float, help="of training: the schedule follows the clock")
    add("--batch", type=int, help="pictures a step on each device; by default by its memory")
    add("--seed", type=int, default=0)
    add("--cpu", action="store_true", help="do not use a GPU")
    add_workers(parser, 2)


def add_workers(parser: argparse.ArgumentParser, default: int = 1) -> None:
    """How many processes load pictures."""
    parser.add_argument(
        "--workers", type=int, default=default, help="processes or threads that load pictures"
    )


def add_manifest(parser: argparse.ArgumentParser) -> None:
    """The list of pictures to train or to measure with."""
    parser.add_argument("manifest", type=Path, help="CSV written by training.data")


def add_style_pictures(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Of style transfer: photographs, paintings, and the network whose features judge.

    Args:
        parser: where the arguments go.
        several: paintings may come from several folders.
    """
    add = parser.add_argument
    add("--photos", type=Path, required=True, help="folder of photographs")
    if several:
        add("--styles", type=Path, nargs="+", required=True, help="folders of paintings")
    else:
        add("--styles", type=Path, required=True, help="folder of paintings")
    add("--splits", type=Path, help="CSV of file and split, which says what is held out")
    add("--features", nargs="+", required=True, help='VGG files, or "imagenet"')
