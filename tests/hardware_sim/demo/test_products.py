"""Maru's products: made up, but with numbers and prices that a till accepts."""

from hardware_sim.demo.products import Product, catalogue, opening_stock, products


def check_digit(first_twelve: str) -> str:
    """GS1 General Specifications, section 7.9: weights 1 and 3, from the left for thirteen digits."""
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(first_twelve))
    return str(-total % 10)


def test_every_gtin_has_thirteen_digits_and_its_check_digit() -> None:
    wrong = [it.gtin for it in products() if it.gtin != it.gtin[:12] + check_digit(it.gtin[:12])]
    assert wrong == []


def test_numbers_are_korean_or_of_the_range_left_to_the_shop() -> None:
    assert {it.gtin[:3] for it in products()} == {"200", "880"}


def test_nothing_is_named_or_numbered_twice() -> None:
    items = products()
    assert len(items) >= 40
    for value in ("sku", "gtin"):
        assert len({getattr(it, value) for it in items}) == len(items)


def test_every_product_has_three_names_and_a_price() -> None:
    assert [it.sku for it in products() if set(it.names) != {"ko", "en", "zh"}] == []
    assert [it.sku for it in products() if it.price_minor <= 0] == []


def test_a_few_are_quick_and_one_is_exempt_from_tax() -> None:
    assert 8 <= sum(it.is_quick for it in products()) <= 16
    assert [it.sku for it in products() if it.is_exempt] == ["B-020"]


def test_what_the_hub_is_told() -> None:
    milk = Product("B-020", "2000010000203", {"en": "Plain milk"}, "drink", 1500, is_exempt=True)
    assert catalogue([milk]) == {
        "products": [
            {
                "sku": "B-020",
                "gtins": ["2000010000203"],
                "names": {"en": "Plain milk"},
                "tax_group": "exempt",
                "tax_rate_bp": 0,
                "category": "drink",
                "is_quick": False,
            }
        ],
        "prices": [{"sku": "B-020", "currency": "KRW", "amount_minor": 1500}],
    }


def test_the_shelves_on_the_first_morning() -> None:
    stock = opening_stock(products())
    assert stock["reason"] == "opening"
    assert stock["moves"][0] == {"sku": "B-001", "quantity": 40}
    assert len(stock["moves"]) == len(products())
