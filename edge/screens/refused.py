"""A refusal as a whole page, for a person who came by an address: the words that the counter has for it."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from edge.domain.errors import ShopError
from edge.screens.paint import sentence_of
from edge.screens.state import refusal
from ui.pages import Pages


def page(pages: Pages, request: Request, error: ShopError, status: int) -> Response:
    look = pages.look(request)
    sentence = sentence_of(pages, look.language)
    told = refusal(error)
    title = f"{error.key}.title"
    return pages.response(
        "message.html",
        look,
        status,
        title=pages.text(look.language, title if pages.has_text(title) else "refused.title"),
        message=sentence(told.what),
        what_now=sentence(told.now) if told.now else "",
        back="/",
        back_label=pages.text(look.language, "refused.back"),
    )
