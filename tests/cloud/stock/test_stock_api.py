"""Stock over HTTP: lots, what cannot be true, and markdowns for every box."""

from cloud.feeds import repository as feeds

SALE = "018f2f4e-0001-7abc-8def-0123456789ab"


def test_what_came_in_and_was_counted_is_seen_by_lot(client, heard, bodies, fact) -> None:
    lot = {"sku": "CAKE", "lot": "A", "expiry": "2026-11-25"}
    came = fact(
        "goods.received", receiving_id=SALE, source="purchase_order", source_id="PO-1",
        outcome="short", lines=[lot | {"expected": 5, "received": 4, "damaged": 1}],
    )  # fmt: skip
    counted = fact(
        "stock.counted", count_id=SALE,
        lines=[{"sku": "CAKE", "expected": 3, "counted": 2, "lots": [lot | {"quantity": -1}]}],
    )  # fmt: skip
    heard(came, counted)
    assert client.get("/api/stock/maru-office/CAKE").json() == [
        {
            "location_id": "maru-office", "sku": "CAKE", "on_hand": 2, "set_aside": 0, "free": 2,
            "lots": [{"lot": "A", "expiry": "2026-11-25", "quantity": 2}],
        }
    ]  # fmt: skip


def test_a_ledger_below_zero_and_an_override_are_drift(client, heard, bodies, fact) -> None:
    told = fact(
        "stock.overridden", sale_id=SALE, sku="SKU1", kind="promised", quantity=2, on_hand=2,
        set_aside=0, promised=1,
    )  # fmt: skip
    del told["cashier"]
    heard(bodies.stocked(1), bodies.sale(), told)
    found = client.get("/api/stock/drift").json()
    assert found["below_zero"] == [
        {"location_id": "maru-office", "sku": "SKU1", "quantity": -1, "moves": 2}
    ]
    (override,) = found["overrides"]
    assert (override["sku"], override["kind"], override["promised"]) == ("SKU1", "promised", 1)
    assert client.get("/api/stock/drift?location_id=elsewhere").json() == {
        "below_zero": [],
        "overrides": [],
    }


def test_markdowns_go_down_to_every_box_and_can_be_taken_back(client, hub) -> None:
    rule = {"category": "cake", "hours_left": 12, "percent_bp": 3000}
    everything = {"hours_left": 3, "percent_bp": 5000}
    assert client.put("/api/markdowns", json={"markdowns": [rule, everything]}).json() == {
        "changed": 2
    }
    keys = ["markdown:cake", "markdown:*"]
    with hub.database.read() as session:
        assert feeds.bodies_of(session, "offers", keys) == {
            "markdown:cake": '{"hours_left":12,"percent_bp":3000}',
            "markdown:*": '{"hours_left":3,"percent_bp":5000}',
        }
    gone = rule | {"percent_bp": 0}
    assert client.put("/api/markdowns", json={"markdowns": [gone]}).json() == {"changed": 1}
    with hub.database.read() as session:
        assert feeds.bodies_of(session, "offers", ["markdown:cake"]) == {"markdown:cake": None}
