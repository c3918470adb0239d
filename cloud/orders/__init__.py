"""Promises, orders and the jobs by which shops keep them."""
