"""The counter as a page to press and an API to script: bytes here, effect there."""
