"""Members: accounts, credentials, ledgers of points and stored value, coupons, and what the owner may know."""
