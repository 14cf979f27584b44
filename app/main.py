"""Start Deep Brush: `python app/main.py`, or with `--help` for the flags."""

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Python puts a script's own folder (app/) on the path, not the repository that holds the packages.
sys.path.insert(0, str(ROOT))

from app import MODELS  # noqa: E402 - only found on the path above
from app.errors import UserError  # noqa: E402
from app.serving import memory  # noqa: E402
from app.serving.classifier import Classifier  # noqa: E402
from app.serving.runtime import load_network  # noqa: E402
from app.serving.stylizer_bundle import StylizerBundle  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.startup import allow_open_files, check_temporary_folder  # noqa: E402
from app.translation import gettext as _  # noqa: E402


def main() -> None:
    """Read the flags, load the networks, open the page."""
    settings = Settings.read(None, os.environ)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    memory.bound_heap()
    try:
        allow_open_files()
        check_temporary_folder()
        # Gradio takes seconds to import; the networks are loaded and warmed up meanwhile.
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(_load, settings)
            from app.ui.page import build, launch_options

        classifier, bundle = loading.result()
        page = build(classifier, settings, bundle)
        page.launch(**launch_options(settings))
    except (UserError, OSError) as error:  # OSError: the port is taken
        sys.exit(_("Deep Brush cannot start. {reason}").format(reason=error))


def _load(settings: Settings) -> tuple[Classifier, StylizerBundle]:
    provider, require_gpu = settings.provider, settings.require_gpu
    network = load_network(
        MODELS / "movement_classifier.onnx",
        provider=provider,
        require_gpu=require_gpu,
        fixed_shapes=True,
    )
    bundle = StylizerBundle.load(MODELS, provider=provider, require_gpu=require_gpu)
    return Classifier(network), bundle


if __name__ == "__main__":
    main()
