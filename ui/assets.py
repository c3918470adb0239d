"""Static files: ours, a program's own, and htmx 4 with its SSE extension from the installed django-htmx package.

Django is neither installed nor imported: the package is only where the two scripts lie. Each file is served under a
name that carries its hash and is cached for good; a new version is a new name.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ui.colour import check_accent

OWN_FOLDER: Final = Path(__file__).parent / "static"
HTMX_PACKAGE: Final = "django_htmx"
# Served as one script: htmx looks at the page one tick after it ran, and an extension that comes later is not asked.
HTMX_FILES: Final = ("htmx-4.min.js", "ext/hx-sse-4.min.js")
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
FOR_GOOD: Final = "public, max-age=31536000, immutable"


class MissingAssetError(LookupError):
    """A page or this installation lacks a static file. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served: `path` is "tokens.3fa9c1d204.css"."""

    path: str
    media_type: str
    content: bytes


def htmx_folder() -> Path:
    """Where the installed package keeps its scripts. `find_spec` of a top-level name imports nothing."""
    spec = importlib.util.find_spec(HTMX_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingAssetError(
            "The package django-htmx is not installed, so the screens have no htmx. "
            "Install one of Twinstore's extras: edge, hub or sim."
        )
    return Path(spec.submodule_search_locations[0]) / "static" / HTMX_PACKAGE


def htmx_script() -> bytes:
    return b";\n".join((htmx_folder() / name).read_bytes() for name in HTMX_FILES)


def asset_of(name: str, content: bytes) -> Asset:
    stem, suffix = Path(name).stem, Path(name).suffix
    digest = hashlib.sha256(content).hexdigest()[:10]
    return Asset(f"{stem}.{digest}{suffix}", MEDIA_TYPES[suffix], content)


def accent_css(accent: str) -> bytes:
    """The company's colour as a file of its own: our pages allow no inline style.

    Raises ValueError for anything but oklch(L C H) or #rrggbb.
    """
    return f":root {{ --accent: {check_accent(accent)}; }}\n".encode()


class Assets:
    """Everything that ROOT/static serves, read once into memory: less than 200 kB."""

    def __init__(self, folders: Iterable[Path], accent: str, root: str = "") -> None:
        self._root = f"{root}/static"
        files = {"accent.css": accent_css(accent), "htmx.js": htmx_script()}
        for folder in (OWN_FOLDER, *folders):
            files |= {
                p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.suffix in MEDIA_TYPES
            }
        self._by_name = {name: asset_of(name, content) for name, content in files.items()}
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """Where a page finds `name`. Raises MissingAssetError for a file that is not there."""
        if name not in self._by_name:
            raise MissingAssetError(f"Expected one of {sorted(self._by_name)}, got {name!r}.")
        return f"{self._root}/{self._by_name[name].path}"

    def answer(self, path: str) -> Response:
        asset = self._by_path.get(path)
        if asset is None:
            return PlainTextResponse("No such file. Reload the page.", status_code=404)
        headers = {"Cache-Control": FOR_GOOD}
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    def route(self) -> Route:
        async def serve(request: Request) -> Response:
            return self.answer(str(request.path_params["path"]))

        return Route(f"{self._root}/{{path}}", serve, name="static")
