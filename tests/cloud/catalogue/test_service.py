"""Head office's changes: checked whole, logged once, each under its own version."""

import pytest
from sqlmodel import select

from cloud.catalogue import service
from cloud.catalogue.checking import CatalogueChange
from cloud.catalogue.tables import CataloguePrice, CatalogueProduct
from cloud.db import Database
from cloud.errors import CatalogueError
from cloud.feeds import repository as feeds
from cloud.feeds.tables import FeedOperation


def change(*skus: str, amount_minor: int = 1_000, removed: tuple[str, ...] = ()) -> CatalogueChange:
    product = {"names": {"en": "Thing"}, "tax_group": "standard", "tax_rate_bp": 1_000}
    price = {"currency": "KRW", "amount_minor": amount_minor}
    return CatalogueChange.model_validate(
        {
            "products": [{"sku": sku, **product} for sku in skus],
            "prices": [{"sku": sku, **price} for sku in skus],
            "removed": list(removed),
        }
    )


def log_of(database: Database, feed: str) -> list[tuple[str, int, bool]]:
    with database.read() as session:
        rows = feeds.operations_after(session, feed, -1, 100)
    return [(row.key, row.version, row.body is None) for row in rows]


def test_products_and_prices_are_logged_under_their_own_versions(database: Database) -> None:
    assert service.apply(database, change("A", "B")) == {"catalogue": 2, "prices": 2}
    assert log_of(database, "catalogue") == [("A", 1, False), ("B", 2, False)]
    with database.read() as session:
        assert session.exec(select(CatalogueProduct.sku)).all() == ["A", "B"]


def test_the_same_again_changes_nothing(database: Database) -> None:
    service.apply(database, change("A", "B"))
    assert service.apply(database, change("A", "B")) == {"catalogue": 2, "prices": 2}


def test_the_log_is_compacted_by_key(database: Database) -> None:
    service.apply(database, change("A", "B"))
    service.apply(database, change("A", amount_minor=2_000))
    assert log_of(database, "prices") == [("B", 2, False), ("A", 3, False)]
    assert log_of(database, "catalogue") == [("A", 1, False), ("B", 2, False)]
    with database.read() as session:
        price = session.get(CataloguePrice, "A")
        assert price is not None
        assert price.amount_minor == 2_000


def test_a_removed_product_leaves_a_tombstone_in_both_feeds(database: Database) -> None:
    service.apply(database, change("A", "B"))
    assert service.apply(database, change(removed=("A", "never-there"))) == {
        "catalogue": 3,
        "prices": 3,
    }
    assert log_of(database, "prices") == [("B", 2, False), ("A", 3, True)]
    with database.read() as session:
        assert session.exec(select(CatalogueProduct.sku)).all() == ["B"]


def test_a_price_of_zero_is_refused_whole(database: Database) -> None:
    wrong = change("A")
    wrong.prices.extend(change("B", amount_minor=0).prices)
    with pytest.raises(CatalogueError) as refusal:
        service.apply(database, wrong)
    assert refusal.value.as_dict() == {
        "key": "hub.catalogue",
        "message": (
            "The catalogue was not changed: expected a price above zero for B, got 0; "
            'a product given away says "is_free": true.'
        ),
        "what_now": "Correct the entry and send the whole list again.",
        "fields": {
            "detail": "expected a price above zero for B, got 0; "
            'a product given away says "is_free": true'
        },
    }
    with database.read() as session:
        assert session.exec(select(FeedOperation)).all() == []


def test_a_product_given_away_may_cost_nothing(database: Database) -> None:
    free = change("A")
    free.prices = [free.prices[0].model_copy(update={"amount_minor": 0, "is_free": True})]
    assert service.apply(database, free) == {"catalogue": 1, "prices": 1}


def test_both_sold_and_removed_is_refused(database: Database) -> None:
    with pytest.raises(CatalogueError, match="expected A to be either sold or removed, got both"):
        service.apply(database, change("A", removed=("A",)))


def test_a_price_that_no_column_holds_changes_nothing(database: Database) -> None:
    with pytest.raises(
        CatalogueError, match=r"expected a price of A up to 1000000000000, got 10{30}\b"
    ):
        service.apply(database, change("A", amount_minor=10**30))
    with database.read() as session:
        assert session.exec(select(FeedOperation)).all() == []


def product(sku: str, **changes: object) -> dict[str, object]:
    names = {"en": "Thing"}
    return {"sku": sku, "names": names, "tax_group": "standard", "tax_rate_bp": 1_000} | changes


def products(*rows: dict[str, object], removed: tuple[str, ...] = ()) -> CatalogueChange:
    return CatalogueChange.model_validate({"products": list(rows), "removed": list(removed)})


@pytest.mark.parametrize("spelt", ["8801234500012", "08801234500012"])
def test_a_code_belongs_to_one_product(database: Database, spelt: str) -> None:
    """Else one box would sell A under it and another B."""
    service.apply(database, products(product("A", gtins=["8801234500012"])))
    message = "expected code 08801234500012 on one product, got it on A and B"
    with pytest.raises(CatalogueError, match=message):
        service.apply(database, products(product("B", gtins=[spelt])))
    with pytest.raises(CatalogueError, match="expected code MARU-7 on one product"):
        service.apply(
            database, products(product("B", gtins=["MARU-7"]), product("C", gtins=["MARU-7"]))
        )
    assert log_of(database, "catalogue") == [("A", 1, False)]


@pytest.mark.parametrize(
    ("wrong", "digit"),
    [
        ("9501101530004", "3"),
        ("09501101530004", "3"),
        ("012345678904", "5"),
        ("96385070", "4"),
        ("2000010000204", "3"),
    ],
)
def test_a_gtin_that_a_scanner_would_take_for_misread_is_refused(
    database: Database, wrong: str, digit: str
) -> None:
    with pytest.raises(CatalogueError) as refusal:
        service.apply(database, products(product("A"), product("B", gtins=["96385074", wrong])))
    assert str(refusal.value) == (
        f"The catalogue was not changed: expected a GTIN with check digit {digit} for B, got {wrong}."
    )
    assert log_of(database, "catalogue") == []


def test_a_shop_s_own_codes_are_taken(database: Database) -> None:
    """A number of GS1's range for use in a shop alone, a short one, one with letters."""
    own = ["2000010000203", "20000011", "4711", "MARU-7"]
    assert service.apply(database, products(product("A", gtins=own)))["catalogue"] == 1


def test_a_code_moves_to_another_product(database: Database) -> None:
    service.apply(database, products(product("A", gtins=["8801234500012"])))
    moved = product("A"), product("B", gtins=["8801234500012"])
    assert service.apply(database, products(*moved))["catalogue"] == 3
    heir = product("C", gtins=["8801234500012"])
    assert service.apply(database, products(heir, removed=("B",)))["catalogue"] == 5


def test_a_tax_group_has_one_rate(database: Database) -> None:
    service.apply(database, products(product("A"), product("B")))
    with pytest.raises(CatalogueError) as refusal:
        service.apply(database, products(product("A", tax_rate_bp=1_200)))
    assert str(refusal.value) == (
        "The catalogue was not changed: expected one rate in tax group standard, got 1000 basis points for B "
        "and 1200 for A; a new rate is sent for all products of its group together."
    )
    both = (product(sku, tax_rate_bp=1_200) for sku in ("A", "B"))
    assert service.apply(database, products(*both))["catalogue"] == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"products": [product("A", names={"en": "a\0b"})]},
            r"text without control characters in en of 'A', got 'a\x00b'",
        ),
        (
            {"products": [product("A", gtins=["MARU\0"])]},
            r"text without control characters in gtins of 'A', got 'MARU\x00'",
        ),
        (
            {"products": [product("A", names={"e\0": "a"})]},
            r"text without control characters in a name of 'A', got 'e\x00'",
        ),
        (
            {"products": [product("A", shelf={"bay": ["1", "\x1b@"]})]},
            r"text without control characters in bay of 'A', got '\x1b@'",
        ),
        (
            {"prices": [{"sku": "A\0", "currency": "KRW", "amount_minor": 1}]},
            r"text without control characters in sku of 'A\x00', got 'A\x00'",
        ),
        (
            {"removed": ["A\0"]},
            r"text without control characters in sku of 'A\x00', got 'A\x00'",
        ),
    ],
)
def test_what_is_no_text_is_refused_by_its_place(database: Database, wrong, words: str) -> None:
    """PostgreSQL takes no NUL, and a printer at the till would obey an escape."""
    with pytest.raises(CatalogueError) as refusal:
        service.apply(database, CatalogueChange.model_validate(wrong))
    assert str(refusal.value) == f"The catalogue was not changed: expected {words}."
    assert log_of(database, "catalogue") == log_of(database, "prices") == []
