"""Average the weights of a network and of one that was fine-tuned from it.

    python -m training.classifier.average_weights runs/before/model.safetensors \
        runs/tuned/model.safetensors --share 0.3 --out runs/mean/model.safetensors

Fine-tuning on other views or pictures gains there and forgets elsewhere; the mean of the weights
before and after is often better than either on both (WiSE-FT, Wortsman et al. 2022). Choose the
share on validation pictures.

What was measured of either is taken out of the file: run `training.classifier.refit_head`, as the
last layers may have learned other movements' frequencies, and then `training.classifier.evaluate`.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from training.common.errors import UserError, exit_on_user_error
from training.networks import load, save, unmeasured

State = dict[str, Tensor]


def average(before: State, after: State, share: float) -> State:
    """(1 - share) * before + share * after; what is no floating-point number is that of after.

    Args:
        before: a network's state.
        after: another's, of the same architecture.
        share: 0..1, of the second.

    Raises:
        UserError: names or shapes differ.
    """
    if {k: v.shape for k, v in before.items()} != {k: v.shape for k, v in after.items()}:
        raise UserError("The two files hold different architectures, which have no mean.")
    return {
        name: torch.lerp(before[name], value, share) if value.is_floating_point() else value
        for name, value in after.items()
    }


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Read the command line, average, write the network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="weights before fine-tuning")
    parser.add_argument("after", type=Path, help="weights after it")
    parser.add_argument("--share", type=float, default=0.5, help="of the weights after, 0 to 1")
    parser.add_argument("--out", type=Path, required=True, help=".safetensors to write")
    args = parser.parse_args(argv)
    if not 0 <= args.share <= 1:
        raise UserError(f"--share is {args.share:g}; it must be from 0 to 1.")
    before, _ = load(args.before)
    network, card = load(args.after)
    network.load_state_dict(average(before.state_dict(), network.state_dict(), args.share))
    card = unmeasured(card)
    card["training"] = {**card.get("training", {}), "averaged": {"share": args.share}}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save(args.out, network, card.pop("network"), card)


if __name__ == "__main__":
    main()
