"""The brand's own online shop at /shop: from looking for something to having it, on a phone first.

tickets     the signed name of a browser, and links that nobody guesses (pure)
available   where something is near, in words and never in numbers
tables      browsers, baskets, and which order belongs to whom
repository  all SQL of these
buying      from a basket to an order that is paid: once, however often somebody presses
views       what each page shows
endpoints   the routes

Every step is a plain form or a link: without scripts nothing is lost but the live look of an order.
"""
