"""Bytes to events and back: one peripheral family a file. Knows no shop, no database, no hub.

A driver file reads top to bottom: the hardware (manual, sections, known bad behaviour), its own constants,
pure encode and decode, then one class with `open`, `close`, `health` and the verbs of its interface.
Drivers are synchronous and blocking on purpose; the box gives each peripheral one reader thread.
"""
