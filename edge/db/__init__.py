"""The box's one SQLite file: tables, transactions, and the outbox that goes to the hub."""
