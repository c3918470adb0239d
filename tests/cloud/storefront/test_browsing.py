"""Looking for something and putting it into the basket: what a page says, and to whom."""

import pytest

from cloud.storefront.available import HEARD_S
from cloud.storefront.repository import MOST_LINES, MOST_PIECES

PAGES = ["/shop", "/shop/search", "/shop/search?q=cake", "/shop/basket", "/shop/places"]


@pytest.mark.parametrize("language", ["ko", "zh", "en"])
def test_every_page_is_there_before_anything_has_happened(browser_of, language) -> None:
    client = browser_of(language)
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        assert f'<html lang="{"zh-Hans" if language == "zh" else language}"' in answer.text


def test_an_empty_shop_says_what_will_be_there(read) -> None:
    assert read("/shop").endswith(
        "There is nothing to buy here yet. "
        "Head office puts products and prices into the catalogue: they appear here at once."
    )


def test_a_category_shows_its_goods_with_price_and_where_they_are(chain, read) -> None:
    assert read("/shop/c/bread") == "Bread Salt butter roll ₩ 3,200 At Hillside today"
    assert read("/shop/c/umbrella") == "Umbrella <b>Umbrella</b> ₩ 9,900 Sold out today"


@pytest.mark.parametrize(
    ("language", "typed", "name"),
    [
        ("ko", "립스틱", "벨벳 립스틱 로즈"),
        ("ko", "lipstick", "벨벳 립스틱 로즈"),
        ("zh", "口红", "丝绒口红 玫瑰"),
        ("en", "딸기케이크", "Strawberry cream cake"),
    ],
)
def test_the_search_speaks_three_languages(chain, browser_of, language, typed, name) -> None:
    html = browser_of(language).get("/shop/search", params={"q": typed}).text
    assert f'<span class="name">{name}</span>' in html
    assert html.count('class="name"') == 1


def test_a_search_without_result_says_what_else_to_try(chain, read) -> None:
    assert read("/shop/search?q=bicycle") == (
        "Found for “bicycle” Nothing fits. "
        "Try fewer words, another language, or look through the kinds of goods above."
    )


def test_a_product_says_in_words_where_it_is_and_never_how_many(chain, client, read) -> None:
    text = read("/shop/p/B-009")
    assert text == (
        "Cakes Strawberry cream cake ₩ 38,000 Tax included. How many Put into the basket Where it is "
        "At Office Tower today, not many left Not at Hillside today "
        "Whoever stands in the shop may take it first. An order keeps it for you."
    )
    assert "40" not in client.get("/shop/p/B-002").text.partition("<main")[2]


def test_the_chosen_shop_comes_first(chain, client, read) -> None:
    client.post("/shop/near", data={"near": "maru-office", "back": "/shop/c/bread"})
    assert read("/shop/c/bread") == "Bread Salt butter roll ₩ 3,200 At Office Tower today"
    assert "Near Office Tower" in client.get("/shop").text
    client.post("/shop/near", data={"near": "maru-hillside"})
    assert read("/shop/c/bread") == "Bread Salt butter roll ₩ 3,200 At Hillside today"


def test_a_choice_of_shop_goes_back_to_a_page_of_ours_only(chain, client) -> None:
    form = {"near": "maru-office", "back": "//elsewhere.example/x?y=1"}
    answer = client.post("/shop/near", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/x?y=1")


def test_a_shop_that_is_not_heard_is_not_praised(chain, read, clock) -> None:
    clock.jump(HEARD_S + 1)
    assert read("/shop/c/lip") == (
        "Lips Velvet lipstick, rose ₩ 24,000 Hillside had it, but we have not heard from there for a while"
    )


def test_the_basket_keeps_what_was_put_in_and_what_was_changed(chain, client, read) -> None:
    client.post("/shop/basket", data={"sku": "B-009"})
    client.post("/shop/basket", data={"sku": "B-002", "quantity": "2"})
    client.post("/shop/basket", data={"sku": "B-002"})
    text = read("/shop/basket")
    assert "Strawberry cream cake ₩ 38,000" in text
    assert "Salt butter roll ₩ 9,600" in text
    assert "Together ₩ 47,600" in text
    assert '<span class="count" aria-label="4 pieces">4</span>' in client.get("/shop").text
    client.post("/shop/basket/line", data={"sku": "B-009", "quantity": "0"})
    client.post("/shop/basket/line", data={"sku": "B-002", "quantity": "1"})
    assert "Together ₩ 3,200" in read("/shop/basket")
    client.post("/shop/basket/line", data={"sku": "B-002", "quantity": "0"})
    assert read("/shop/basket").startswith("Basket Your basket is empty.")


def test_a_basket_has_an_end(chain, client, read) -> None:
    for _ in range(3):
        client.post("/shop/basket", data={"sku": "B-002", "quantity": str(MOST_PIECES - 1)})
    assert 'aria-label="99 pieces"' in client.get("/shop").text
    answer = client.post("/shop/basket", data={"sku": "B-002", "quantity": "100"})
    assert (answer.status_code, "Something is missing" in answer.text) == (422, True)
    assert MOST_LINES == 50


def test_each_browser_has_a_basket_of_its_own(chain, browser_of) -> None:
    one, other = browser_of(), browser_of()
    one.post("/shop/basket", data={"sku": "B-009"})
    assert "Strawberry" in one.get("/shop/basket").text
    assert "Strawberry" not in other.get("/shop/basket").text


@pytest.mark.parametrize(
    "forge",
    [
        lambda it: it[:-1] + ("A" if it[-1] != "A" else "B"),
        lambda it: ("A" if it[0] != "A" else "B") + it[1:],
        lambda it: it.partition(".")[0],
        lambda it: it.partition(".")[0] + ".",
        lambda it: "../" + it,
        lambda it: "",
    ],
)
def test_a_tampered_cookie_is_nobodys(chain, browser_of, forge) -> None:
    one, thief = browser_of(), browser_of()
    one.post("/shop/basket", data={"sku": "B-009"})
    thief.cookies.set("shopper", forge(one.cookies["shopper"]), path="/shop")
    assert "Your basket is empty." in thief.get("/shop/basket").text
    thief.post("/shop/basket/line", data={"sku": "B-009", "quantity": "0"})
    assert "Strawberry" in one.get("/shop/basket").text


def test_the_cookie_is_for_the_shop_alone_and_no_script_reads_it(chain, client) -> None:
    answer = client.post("/shop/basket", data={"sku": "B-009"}, follow_redirects=False)
    assert answer.headers["set-cookie"].partition("; ")[2] == (
        "HttpOnly; Max-Age=31536000; Path=/shop; SameSite=lax"
    )


def test_what_is_no_longer_sold_leaves_the_basket(chain, client, hub, read) -> None:
    client.post("/shop/basket", data={"sku": "B-009"})
    client.put("/api/catalogue", json={"removed": ["B-009"]})
    assert "Your basket is empty." in read("/shop/basket")
    answer = client.get("/shop/p/B-009")
    assert (answer.status_code, "it may no longer be sold" in answer.text) == (404, True)
    answer = client.post("/shop/basket", data={"sku": "B-009"})
    assert (answer.status_code, "Not here" in answer.text) == (404, True)


def test_names_of_products_stay_text(chain, client) -> None:
    html = client.get("/shop/c/umbrella").text
    assert "&lt;b&gt;Umbrella&lt;/b&gt;" in html
    assert "<b>Umbrella" not in html


def test_a_district_is_enough_to_say_what_is_near(open_shops, client, read) -> None:
    client.post("/shop/near", data={"near": "district:jongno"})
    text = read("/shop/p/B-002")
    assert "At Hillside today about 8 km away At Office Tower today about 8 km away" in text
    assert "Near Jongno-gu" in client.get("/shop").text
    client.post("/shop/basket", data={"sku": "B-002"})
    assert "from where you are: near Jongno-gu." in read("/shop/ways")


def test_a_district_that_is_none_is_nowhere(open_shops, client, read) -> None:
    client.post("/shop/near", data={"near": "district:atlantis"})
    assert "Say roughly where you are" in client.get("/shop").text
