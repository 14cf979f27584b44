"""Build the folder of a Hugging Face Space or a container, and check that it works.

    python -m export.space --out FOLDER
    python -m export.space --out FOLDER --check
    hf upload USER/SPACE FOLDER --repo-type space

See docs/DEPLOY.md.
"""

import argparse
from pathlib import Path

from export.space.check import PORT, check, workspace_folder
from export.space.folder import build
from training.common.errors import exit_on_user_error


@exit_on_user_error()
def main() -> None:
    """Read the command line, write the folder, and check it if asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m export.space",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--out", type=Path, required=True, help="a new folder")
    add("--cuda", action="store_true", help="PyTorch and ONNX Runtime with CUDA: ZeroGPU, or a GPU")
    add("--check", action="store_true", help="build, run and call it as a Space would be")
    add("--python", help="for the check [that of the README's python_version]")
    add("--place", type=Path, help="keep the check's environment here, and use it again")
    add("--port", type=int, default=PORT, help="for the check [%(default)s]")
    add("--path", default="", help="for the check: the proxy's path, such as /deep-brush")
    arguments = parser.parse_args()
    files = build(arguments.out, cuda=arguments.cuda)
    size = sum((arguments.out / file).stat().st_size for file in files)
    print(f"{arguments.out}: {len(files)} files, {size / 2**20:.0f} MB")
    if arguments.check:
        with workspace_folder(arguments.place) as place:
            check(
                arguments.out.resolve(),
                place,
                python=arguments.python,
                port=arguments.port,
                path=arguments.path,
            )


if __name__ == "__main__":
    main()
