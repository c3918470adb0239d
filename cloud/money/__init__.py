"""Shifts, cash, payments, and the Z report re-derived from the shift's own facts and compared."""
