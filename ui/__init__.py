"""The one design system: tokens, components, formats, catalogues and the page environment. Imports nothing of ours.

A program with screens keeps three folders beside its routers and makes one `Pages`:

    edge/screens/templates/counter.html   {% extends "base.html" %}  {% import "macros.html" as ui %}
    edge/screens/static/counter.css       linked by {{ asset("counter.css") }}: a name with its hash, cached for good
    edge/screens/locale/{ko,zh,en}.po     msgid = a stable key ("counter.empty"), msgstr = the sentence with {fields}

    from ui.pages import Pages, Place
    pages = Pages(Path(__file__).parent, Place("KRW", "Asia/Seoul", accent="oklch(0.6 0.15 25)", language="ko"))
    pages.add_to(app)                     # GET /static/..., POST /look, security headers, same-origin guard
    look = pages.look(request)
    return pages.response("counter.html", look, basket=...)     # a whole page; in a plain `def` route, which runs
                                                                # in a thread: the first use of a template reads files
    html = pages.render("counter/line.html", look, line=...)                 # a part of one

`Look` (language, theme, contrast, text) belongs to the person in front of the page and lives in the cookie "look";
`{{ ui.look_form(look) }}` is the form that changes it. Every template may use, without passing them:

    t("key", n=2, name="x")   the sentence in the page's language; `n` picks the plural
    money(12300)              ₩12,300 (KRW) or ¥123.00 (CNY): the place's currency; money(5, "CNY") another one
    amount(12300)             12,300 without the currency, only beside a word that names it
    time_of(at)  date_of(at)  stamp_of(at)  span_of(start, end)   aware datetimes or ISO 8601 texts, in the place's zone
    number(12)  percent(1250) a count; basis points as "12.5 %"
    asset("tokens.css")  language  look  place  sparkline([3, 5, 4], "in words, with the last value")

Live parts (one stream a page): `<main hx-sse:connect="/events" hx-swap="none">`, and on the server

    from ui.stream import Parts, event, response
    parts = Parts()                                          # what this page shows already
    async def events():
        while True:
            yield event(parts.changed({"#basket": html, "#line": html}))  # partials of what differs, morphed in
            ... wait for the next change ...
    return response(events())

Components (classes in components.css, macros in macros.html): `.button .key .state .banner .empty .table .figures
.field .tabs .side .spark .progress`, and `ui.state(tone, word)` with tone good | warn | bad | busy | off:
a colour is never alone, shape and word are beside it. Sizes, colours and spaces come from tokens.css only.
`base.html` blocks: title, styles, scripts, body_class, body. Shell with left navigation for a console: `.shell`
with `.side` and `.work` (see macros.html `nav`).
"""
