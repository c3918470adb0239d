"""The console: what is wrong, where, since when, what to do. Pages rendered whole, then kept live by one stream each.

truth       one sentence about a box (pure)
views       what each page shows, read from the database
endpoints   the routes
templates/parts/NAME.html renders the element with the id NAME, in the page and in its stream alike
"""
