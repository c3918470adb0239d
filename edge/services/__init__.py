"""What a person at the counter can do: one use case a function, one transaction each."""
