"""Payments by the customer's wallet: the providers' secrets are here, and nowhere else in the company."""
