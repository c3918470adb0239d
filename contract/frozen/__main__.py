from __future__ import annotations

import sys

from contract.frozen import freeze

for path in freeze():
    sys.stdout.write(f"froze {path.name}\n")
