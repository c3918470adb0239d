"""What to buy, from whom, and what is on its way to a shop.

reordering  how much, from demand: pure
repository  suppliers' terms and purchase orders
service     suggestions, orders, what has come of them
endpoints   the HTTP of all this
"""
