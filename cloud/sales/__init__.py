"""Sales and returns as the boxes completed them: never recomputed, never edited."""
