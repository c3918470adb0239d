"""The day's journal in double entry: it follows from the facts, so it is made when it is asked for and never kept.

accounts    the accounts, and what a place or a tender is called among them
journal     what a day's facts book: pure
debts, debt_facts  what customers were owed for orders and were paid by hand
online      what orders of the online shop book: pure
online_facts  those orders
owed        what members are owed, in points and stored value: pure
costs       what the goods that moved had cost: pure
repository  the facts of some days
service     the journal of some days, and what the shelves are worth
beancount   the journal as a text that Beancount reads
endpoints   GET /api/books/…
"""
