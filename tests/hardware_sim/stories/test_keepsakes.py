from __future__ import annotations

from pathlib import Path

import httpx

from hardware_sim.proof.outside import Program
from hardware_sim.stories.keepsakes import Keepsakes, standing_still

PAGE = (
    '<head><link rel="stylesheet" href="/static/ink.css"><script src="/a.js" defer></script>'
    "</head><body>77 wait<script>\nlive()\n</script></body>"
)


def program() -> Program:
    found = {"/": PAGE, "/static/ink.css": "p { color: black }\n"}
    made = Program("http://box")
    made.client.close()
    answer = httpx.MockTransport(lambda asked: httpx.Response(200, text=found[asked.url.path]))
    made.client = httpx.Client(base_url="http://box", transport=answer)
    return made


def test_a_kept_page_needs_nothing_that_runs() -> None:
    with program() as box:
        assert standing_still(box, "/") == (
            "<head><style>\np { color: black }\n</style></head><body>77 wait</body>"
        )


def test_the_index_leads_to_everything(tmp_path: Path) -> None:
    kept = Keepsakes(tmp_path)
    kept.keep("receipts/001.png", b"PNG")
    kept.keep("receipts/001.txt", "Maru")
    kept.keep_lines("ledgers/facts.jsonl", [{"seq": 1, "name": "빵"}, {"seq": 2}])
    kept.keep_json("ledgers/stock.json", {"box": 3})
    kept.keep_index("tale", ["  1/1  Step <one>."], "Nothing of it was untrue.")
    assert (
        tmp_path / "ledgers/facts.jsonl"
    ).read_text() == '{"seq": 1, "name": "빵"}\n{"seq": 2}\n'
    index = (tmp_path / "index.html").read_text()
    assert '<img src="receipts/001.png"' in index
    assert '<a href="ledgers/stock.json">' in index
    assert "receipts/001.txt" not in index
    assert "  1/1  Step &lt;one&gt;.\n" in index
