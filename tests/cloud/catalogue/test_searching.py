"""What people type finds what they mean, in three languages, and the same on both databases."""

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cloud.catalogue import repository, service
from cloud.catalogue.checking import CatalogueChange
from cloud.catalogue.searching import asked_keys, name_keys
from cloud.catalogue.tables import ProductKey
from cloud.db import Database

GOODS = {
    "B-009": ("딸기 생크림 케이크", "草莓奶油蛋糕", "Strawberry cream cake"),
    "B-010": ("초코 케이크", "巧克力蛋糕", "Chocolate cake"),
    "C-001": ("립스틱 로즈", "玫瑰口红", "Rose lipstick"),
    "C-002": ("시카 크림 50ml", "积雪草面霜 50ml", "Cica cream 50 ml"),
}


@pytest.fixture
def shelf(database: Database) -> Database:
    products = [
        {
            "sku": sku,
            "names": {"ko": ko, "zh": zh, "en": en},
            "gtins": ["2000010000012"] if sku == "B-009" else [],
            "tax_group": "standard",
            "tax_rate_bp": 1_000,
        }
        for sku, (ko, zh, en) in GOODS.items()
    ]
    service.apply(database, CatalogueChange.model_validate({"products": products}))
    return database


def found(database: Database, text: str) -> list[str]:
    with database.read() as session:
        return repository.find(session, text, 50)


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("케이크", ["B-009", "B-010"]),
        ("딸기케이크", ["B-009"]),
        ("케이크 딸기", ["B-009"]),
        ("딸기  케이크", ["B-009"]),
        ("립", ["C-001"]),
        ("蛋糕", ["B-009", "B-010"]),
        ("口红", ["C-001"]),
        ("草莓 蛋糕", ["B-009"]),
        ("cake", ["B-009", "B-010"]),
        ("CREAM", ["B-009", "C-002"]),
        ("straw cake", ["B-009"]),
        ("ｌｉｐ", ["C-001"]),
        ("lipstick rose", ["C-001"]),
        ("50ml", ["C-002"]),
        ("C-002", ["C-002"]),
        ("2000010000012", ["B-009"]),
        ("strawberry lipgloss", ["B-009"]),  # half of it fits, and that is all there is
        ("umbrella", []),
        ("stick", []),  # the middle of a word is not its beginning
        ("", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_what_is_typed_finds_what_is_meant(shelf: Database, text: str, skus: list[str]) -> None:
    assert found(shelf, text) == skus


def test_a_new_name_is_found_and_the_old_one_no_longer(shelf: Database) -> None:
    product = {"sku": "C-001", "names": {"ko": "틴트"}, "tax_group": "A", "tax_rate_bp": 1_000}
    change = {"products": [product], "removed": ["B-010"]}
    service.apply(shelf, CatalogueChange.model_validate(change))
    assert found(shelf, "틴트") == ["C-001"]
    assert found(shelf, "lipstick") == []
    assert found(shelf, "cake") == ["B-009"]


def test_products_of_older_software_are_findable_after_a_start(shelf: Database) -> None:
    with shelf.write() as session:
        session.connection().execute(
            sa.delete(ProductKey).where(col(ProductKey.sku).in_(["B-009", "C-001"]))
        )
    assert found(shelf, "lipstick") == []
    service.key_missing(shelf)
    assert found(shelf, "lipstick") == ["C-001"]
    with shelf.read() as session:
        assert len(session.exec(select(ProductKey.sku).distinct()).all()) == 4


def test_the_pairs_of_a_word_are_among_those_of_the_name_with_and_without_spaces() -> None:
    assert asked_keys("딸기케이크") == {"딸기", "기케", "케이", "이크"}
    assert asked_keys("딸기케이크") <= name_keys("딸기 케이크")
