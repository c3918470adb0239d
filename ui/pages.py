"""Pages of one program: its templates over ours, in the reader's language and look, with the place's money and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ui import formats
from ui.assets import Assets
from ui.catalogues import Catalogues
from ui.kept import Kept, KeptTemplates
from ui.security import Guard
from ui.sparkline import sparkline

OWN_TEMPLATES: Final = Path(__file__).parent / "templates"
FORM: Final[Mapping[str, Any]] = {"trim_blocks": True, "lstrip_blocks": True}
LOOK_COOKIE: Final = "look"
A_YEAR_S: Final = 365 * 24 * 3600
CHOICES: Final = {
    "language": formats.LANGUAGES,
    "theme": ("auto", "light", "dark"),
    "contrast": ("auto", "more"),
    "text": ("normal", "large"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are served: its money, clock and language, and the company's colour."""

    currency: str = "KRW"
    timezone: str = "Asia/Seoul"
    accent: str = "oklch(0.55 0.13 250)"
    language: str = "ko"


@dataclass(frozen=True, slots=True)
class Look:
    """What the person in front of the page chose. "auto" follows the operating system."""

    language: str = "en"
    theme: str = "auto"
    contrast: str = "auto"
    text: str = "normal"


def look_from(cookie: str, language: str) -> Look:
    """The look kept in `cookie`, where a later choice wins. Anything unknown in it is ignored."""
    kept = {key: value for key, value in parse_qsl(cookie) if value in CHOICES.get(key, ())}
    return replace(Look(language=language), **kept)


async def change_look(request: Request, language: str) -> Response:
    """POST /look with any of CHOICES: keeps them and goes back to where the form was."""
    body = (await request.body()).decode("utf-8", errors="replace")
    kept = request.cookies.get(LOOK_COOKIE, "")
    look = look_from(f"{kept}&{body}", language)
    answer = RedirectResponse(way_back(request.headers.get("referer", "/")), 303)
    keep_look(answer, look)
    return answer


def way_back(referer: str) -> str:
    """The page that a form was on. Never another site's: "//elsewhere" would be one to a browser."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "/"
    query = f"?{parts.query}" if parts.query else ""
    return "/" + parts.path.lstrip("/\\") + query


def keep_look(response: Response, look: Look) -> None:
    value = urlencode({name: getattr(look, name) for name in CHOICES})
    response.set_cookie(LOOK_COOKIE, value, max_age=A_YEAR_S, samesite="strict", httponly=True)


class Pages:
    """`folder` holds the program's `templates`, `static` and `locale`; each of them may be absent.

    A program with a second face serves its files below `root`, such as "/shop".

    One Jinja environment a language, because macros see globals only and a sentence needs its language.
    `kept` spares a program that must start fast the compiling of templates and sentences.
    """

    def __init__(
        self, folder: Path, place: Place, root: str = "", kept: Kept | None = None
    ) -> None:
        self.place = place
        self._folder = folder
        self._kept = kept
        self._catalogues = Catalogues(folder / "locale", kept=kept)
        self._assets = Assets([p for p in (folder / "static",) if p.is_dir()], place.accent, root)
        self._environments: dict[str, Environment] = {}

    def add_to(self, app: Starlette) -> None:
        """Serves /static and /look, and puts the guard in front of everything the app answers."""

        async def look(request: Request) -> Response:
            return await change_look(request, self.place.language)

        self.add_files_to(app)
        app.router.routes.append(Route("/look", look, methods=["POST"]))
        app.add_middleware(Guard)

    def add_files_to(self, app: Starlette) -> None:
        """All that a second face needs: the first one's /look and guard are the whole app's."""
        app.router.routes.append(self._assets.route())

    def look(self, request: Request) -> Look:
        """What this browser's person chose; the place's language until she does."""
        return look_from(request.cookies.get(LOOK_COOKIE, ""), self.place.language)

    def text(self, language: str, key: str, **fields: object) -> str:
        return self._catalogues.text(language, key, **fields)

    def has_text(self, key: str) -> bool:
        return self._catalogues.has(key)

    def render(self, template: str, look: Look, **values: Any) -> str:
        return self.environment(look.language).get_template(template).render(look=look, **values)

    def response(self, template: str, look: Look, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page. Never cached: it carries the state of this moment."""
        html = self.render(template, look, **values)
        return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})

    def environment(self, language: str) -> Environment:
        if language not in self._environments:
            self._environments[language] = self._make_environment(language)
        return self._environments[language]

    def _make_environment(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader([self._folder / "templates", OWN_TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            bytecode_cache=KeptTemplates(self._kept, repr(FORM)) if self._kept else None,
            **FORM,
        )
        environment.globals.update(self._globals(language))
        return environment

    def _globals(self, language: str) -> dict[str, Any]:
        times = formats.Times(ZoneInfo(self.place.timezone), language)
        home = self.place.currency

        def t(key: str, **fields: object) -> str:
            return self._catalogues.text(language, key, **fields)

        def money(minor: int, currency: str = home) -> str:
            return formats.money(minor, currency, language)

        def amount(minor: int, currency: str = home) -> str:
            return formats.amount(minor, currency, language)

        return {
            "t": t,
            "money": money,
            "amount": amount,
            "sign": formats.sign_of,
            "number": lambda value: formats.number(value, language),
            "percent": lambda basis_points: formats.percent(basis_points, language),
            "time_of": times.time,
            "date_of": times.date,
            "stamp_of": times.stamp,
            "span_of": times.span,
            "asset": self._assets.url,
            "sparkline": sparkline,
            "place": self.place,
            "language": language,
            "languages": formats.LANGUAGES,
        }
