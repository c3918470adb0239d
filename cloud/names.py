"""What people call a box, a product, a shop. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cloud.ingest.tables import Edge


def name_in(names: Mapping[str, str], language: str) -> str:
    """The name in `language`, or in any language there is; "" where there is none."""
    return names.get(language) or next(iter(names.values()), "")


def shop_name(edge: Edge, company: str, language: str) -> str:
    """What the box itself calls its shop, or its location id without the company: "office-tower"."""
    said = json.loads(edge.location_name) if edge.location_name else {}
    plain = edge.location_id.removeprefix(f"{company}-").replace("-", " ").title()
    return name_in(said, language) or plain or edge.edge_id
