"""What to buy, from whom, and what is on its way to a shop.

reordering  how much, from demand: pure
repository  suppliers' terms and purchase orders
service     suggestions and orders
projection  an order ends once all of it has come
endpoints   the HTTP of all this
"""
