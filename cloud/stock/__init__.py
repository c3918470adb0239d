"""Stock as a ledger of signed moves: sales take out, restocked returns and stock moves put in. Levels are sums."""
