"""The page: header, tabs and footer. A new tab is a package and a line in `TABS`."""

import contextlib
import importlib.util
import json
import os
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import utils as gradio_utils
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.serving.classifier import Classifier
from app.serving.shipped_assets import ShippedAssets
from app.serving.stylizer_bundle import StylizerBundle
from app.settings import Settings, read_accounts
from app.translation import gettext as _
from app.ui.access import middleware, refuse_downloads
from app.ui.api import endpoints
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.link_preview import TITLE, set_link_preview
from app.ui.navigation import connect_navigation
from app.ui.sessions import CountSessions
from app.ui.static_files import ROUTES
from app.ui.tabs.atlas.tab import AtlasTab
from app.ui.tabs.explain.tab import ExplainTab
from app.ui.tabs.map.tab import MapTab
from app.ui.tabs.optimize.tab import OptimizeTab
from app.ui.tabs.read.tab import ReadTab
from app.ui.tabs.report.tab import ReportTab
from app.ui.tabs.stylize.tab import StylizeTab
from app.ui.theme import stylesheet, theme

# Around every event Gradio imports Matplotlib, in case the event draws by it, and Matplotlib makes
# folders and caches in the home folder. No event of ours draws by it.
vars(gradio_utils)["MatplotlibBackendMananger"] = contextlib.nullcontext

TABS: dict[str, tuple[str, Callable[[AppContext], Any]]] = {
    "Read": (_("Read"), ReadTab),
    "See inside": (_("See inside"), ExplainTab),
    "Paint": (_("Paint"), StylizeTab),
    "Paint slowly": (_("Paint slowly"), OptimizeTab),
    "Atlas": (_("Atlas"), AtlasTab),
    "Map": (_("Map"), MapTab),
    "Report": (_("Report"), ReportTab),
}
"""What people read on each tab, and what lays it out, by the name that addresses hold."""

ABOUT = _(
    "Upload a picture. See which movement a painting belongs to, how sure we are, and why; look"
    " into the network; or paint a photograph anew in any painting&rsquo;s style, at once or"
    " slowly."
)
HEADER = f'<header class="page-header"><h1>{TITLE}</h1><p>{ABOUT}</p></header>'

FOOTER = _(
    "Pictures are shown to nobody else and deleted after {hours}&nbsp;h. Nothing is loaded from"
    " other sites. {notice}"
)

# With each request Gradio sums up the last ones, for a page that is disabled here.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")

_FOLDER = Path(__file__).parent
_LIGHT_EVENTS = 4  # Painting a map takes milliseconds; four at a time leave time for the network.
_SCRIPT_WORDS = {
    "place": _(", number {count}"),
    "seconds": _("{count} s"),
    "total": _(" of about {time}"),
}
"""What page.js says of an event that runs or waits."""
_FULL = _("Too many people are waiting already; please try again in a minute.")
_SESSIONS = 100  # A session holds up to 6 MB; beyond this many, the oldest ones are dropped.
_MINUTE, _HOUR = 60, 3600  # Seconds.
_COMPRESSION = 6  # Of 9: the last percent takes three times as long.
# Events must not be buffered, and pictures, videos and archives are compressed already. Gradio
# sends archives and arrays as octet streams.
_UNCOMPRESSED_TYPES = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
_COMPRESSED = Middleware(
    GZipMiddleware, compresslevel=_COMPRESSION, exclude_content_types=_UNCOMPRESSED_TYPES
)


def build(
    classifier: Classifier,
    settings: Settings,
    bundle: StylizerBundle,
    assets: ShippedAssets | None = None,
) -> gr.Blocks:
    """The page and its endpoints; `assets` are the shipped ones by default."""
    refuse_downloads()
    assets = assets or ShippedAssets(provider=settings.provider)
    set_link_preview([preset.thumbnail for preset in bundle.presets])
    with gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(5 * _MINUTE, settings.cache_hours * _HOUR),
        fill_width=True,
    ) as page:
        context = AppContext(classifier, settings, bundle, assets)
        html(HEADER)
        with gr.Tabs(overflow_behavior="wrap", elem_id="tabs") as tabs:
            tabs_by_title = {}
            for title, (label, lay_out) in TABS.items():
                with gr.Tab(label, id=title) as tab:
                    tabs_by_title[title] = lay_out(context)
                if hasattr(tabs_by_title[title], "entered"):
                    tabs_by_title[title].entered(tab)
            connect_navigation(context, tabs, tabs_by_title)
        notice = escape(classifier.network.notice)  # Why a GPU that was asked for does not run.
        footer = FOOTER.format(hours=settings.cache_hours, notice=notice)
        html(f'<footer class="page-footer"><p>{footer}</p></footer>')
        endpoints.register(context)
    return page.queue(max_size=settings.queue_size, default_concurrency_limit=_LIGHT_EVENTS)


async def _answer_busy(_request: Request, error: Exception) -> Response:
    """Answer programs that the queue is full, without its length; the page has its own message."""
    detail = getattr(error, "detail", "")
    message = _FULL if "full" in detail else detail
    return JSONResponse({"detail": message}, HTTPStatus.SERVICE_UNAVAILABLE)


def _scripts(*names: str) -> str:
    """JavaScript of one function that calls those in some files with `_SCRIPT_WORDS`."""
    functions = [(_FOLDER / name).read_text(encoding="utf-8").rstrip("\n;") for name in names]
    words = json.dumps(_SCRIPT_WORDS)
    calls = "".join(f"({function})({words});" for function in functions)
    return f"() => {{{calls}}}"


def launch_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `Blocks.launch`: address, access, limits and appearance."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "share": settings.share,
        "auth": read_accounts(settings.auth_file) if settings.auth_file else None,
        "root_path": settings.root_path,
        "max_file_size": settings.max_bytes,
        "state_session_capacity": _SESSIONS,
        "enable_monitoring": False,
        "run_history": False,
        "app_kwargs": {
            "routes": ROUTES,
            "middleware": [*middleware(settings), Middleware(CountSessions), _COMPRESSED],
            "exception_handlers": {HTTPStatus.SERVICE_UNAVAILABLE: _answer_busy},
        },
        "ssr_mode": False,
        "pwa": False,
        # Only where `pip install gradio[mcp]` was run; without it Gradio would print an error.
        "mcp_server": importlib.util.find_spec("mcp") is not None,
        "footer_links": ["api"],
        "theme": theme(),
        "css": stylesheet(),
        "js": _scripts("page.js", "address.js"),
        "favicon_path": _FOLDER / "favicon.svg",
    }
