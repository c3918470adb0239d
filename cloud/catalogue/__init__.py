"""What a shop may sell and for how much.

repository  products and prices
searching   by what a product is found (pure)
checking    what head office may not write
service     head office's changes, into the tables and into the feeds
endpoints   the HTTP of all this
"""
