"""Start Deep Brush: `python app/main.py`, or with `--help` for the flags."""

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Python puts a script's own folder (app/) on the path, not the repository that holds the packages.
sys.path.insert(0, str(ROOT))

from app.errors import UserError  # noqa: E402 - only found on the path above
from app.serving.classifier import Classifier  # noqa: E402
from app.serving.runtime import load_network  # noqa: E402
from app.settings import Settings  # noqa: E402

NETWORK = ROOT / "onnx_models" / "movement_classifier.onnx"


def main() -> None:
    """Read the flags, load the network, open the page."""
    settings = Settings.read(None, os.environ)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        # Gradio takes seconds to import; the network is loaded and warmed up meanwhile.
        with ThreadPoolExecutor(1) as meanwhile:
            loading = meanwhile.submit(_load, settings)
            from app.ui.page import build, launch_options

        page = build(loading.result(), settings)
        page.launch(**launch_options(settings))
    except (UserError, OSError) as error:  # OSError: the port is taken
        sys.exit(f"Deep Brush cannot start. {error}")


def _load(settings: Settings) -> Classifier:
    network = load_network(
        NETWORK,
        provider=settings.provider,
        require_gpu=settings.require_gpu,
        fixed_shapes=True,
    )
    return Classifier(network)


if __name__ == "__main__":
    main()
