"""The member's own pages: what she sees, changes, takes with her and leaves; and that nobody else does."""

import pytest

from contract import members

JOIN = {"name": "Luna", "insight": "yes"}


def member_number(client) -> str:
    html = client.get("/shop/me").text
    return html.partition('<dd class="mono">')[2].partition("<")[0]


@pytest.fixture
def luna(open_shops, client):
    """Luna's browser, a moment after she has become a member."""
    answer = client.post("/shop/me/join", data=JOIN)
    assert answer.status_code == 200, answer.text
    return client


def test_signing_in_says_that_it_is_simulated(client, read) -> None:
    assert read("/shop/me").startswith(
        "Your account Signing in is simulated. The number and the name are enough here."
    )


def test_a_new_member_sees_her_account(luna, read) -> None:
    text = read("/shop/me")
    assert text.startswith("Luna Show my member code Points Member number ")
    assert "Points to spend 0" in text
    assert "No orders yet." in text
    html = luna.get("/shop/me").text
    assert '<input type="checkbox" name="insight" value="yes" checked>' in html
    assert '<input type="checkbox" name="news" value="yes">' in html


def test_number_and_name_let_her_in_on_another_phone_and_nothing_else_does(
    luna, browser_of, shopping
) -> None:
    path = shopping.buy()
    phone, number = browser_of(), member_number(luna)
    for form in (
        {"number": number, "name": "Sol"},
        {"number": number, "name": ""},
        {"number": "0", "name": "Luna"},
        {"number": "", "name": "Luna"},
    ):
        assert phone.post("/shop/me/in", data=form).status_code in (403, 422)
        assert phone.get(path).status_code == 404
    phone.post("/shop/me/in", data={"number": number, "name": " luna "})
    assert phone.get(path).status_code == 200
    assert "Paid, and on its way to the shop." in phone.get("/shop/me").text


def test_who_signs_in_gets_a_new_name_and_keeps_the_basket(luna, browser_of) -> None:
    phone, number = browser_of(), member_number(luna)
    phone.post("/shop/basket", data={"sku": "B-009"})
    planted = phone.cookies["shopper"]
    phone.post("/shop/me/in", data={"number": number, "name": "Luna"})
    assert "Strawberry" in phone.get("/shop/basket").text
    thief = browser_of()
    thief.cookies.set("shopper", planted, path="/shop")
    assert "Luna" not in thief.get("/shop/me").text
    assert "Your basket is empty." in thief.get("/shop/basket").text


def test_the_code_is_signed_fresh_and_changes(luna, clock, hub) -> None:
    html = luna.get("/shop/me/code").text
    assert 'class="symbol"' in html
    clock.jump(members.ROTATION_S)
    assert luna.get("/shop/me/code").text != html


@pytest.mark.parametrize("path", ["code", "export"])
def test_nobody_who_is_not_signed_in_gets_a_code_or_a_file(client, path) -> None:
    answer = client.get(f"/shop/me/{path}")
    assert (answer.status_code, "Not signed in" in answer.text) == (403, True)


@pytest.mark.parametrize("path", ["profile", "consents", "lost-phone", "erase"])
def test_nobody_who_is_not_signed_in_changes_anything(client, path) -> None:
    assert client.post(f"/shop/me/{path}", data={"sure": "yes"}).status_code == 403


def test_profile_and_consents_are_changed(luna, hub) -> None:
    number = member_number(luna)
    luna.post("/shop/me/profile", data={"name": "Luna", "email": "luna@example.com"})
    luna.post("/shop/me/consents", data={"news": "yes"})
    person = hub.members.person(number)
    assert dict(person.fields) == {"name": "Luna", "language": "en", "email": "luna@example.com"}
    assert dict(person.consents) == {"insight": False, "news": True}
    luna.post("/shop/me/profile", data={"name": "Luna"})
    assert "email" not in hub.members.person(number).fields


def test_she_takes_everything_with_her_as_a_file(luna) -> None:
    answer = luna.get("/shop/me/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="membership.json"'
    assert answer.json()["fields"]["name"] == "Luna"


def test_a_lost_phone_is_signed_out_everywhere_else(luna, browser_of) -> None:
    lost, number = browser_of(), member_number(luna)
    lost.post("/shop/me/in", data={"number": number, "name": "Luna"})
    assert lost.get("/shop/me/code").status_code == 200
    luna.post("/shop/me/lost-phone")
    assert lost.get("/shop/me/code").status_code == 403
    assert luna.get("/shop/me/code").status_code == 200


def test_who_signs_out_leaves_a_cookie_that_opens_nothing(luna, shopping, browser_of) -> None:
    path = shopping.buy()
    kept = luna.cookies["shopper"]
    luna.post("/shop/me/out")
    finder = browser_of()
    finder.cookies.set("shopper", kept, path="/shop")
    assert finder.get(path).status_code == 404
    assert "Luna" not in finder.get("/shop/me").text


def test_an_erased_member_is_gone_and_stays_gone(luna, browser_of, read) -> None:
    number = member_number(luna)
    other = browser_of()
    other.post("/shop/me/in", data={"number": number, "name": "Luna"})
    assert luna.post("/shop/me/erase").status_code == 422
    luna.post("/shop/me/erase", data={"sure": "yes"})
    assert read("/shop/me").startswith("Your account")
    assert "Luna" not in other.get("/shop/me").text
    form = {"number": number, "name": "Luna"}
    assert browser_of().post("/shop/me/in", data=form).status_code == 403


def test_a_membership_that_was_given_up_elsewhere_is_no_longer_shown(luna, hub, read) -> None:
    hub.members.erase(member_number(luna))
    assert read("/shop/me").startswith("Your account")


def test_an_order_of_a_member_says_so(luna, shopping, hub) -> None:
    shopping.buy()
    number = member_number(luna)
    [order] = luna.get(
        "/api/orders", params={"member_id": hub.members.person(number).member.member_id}
    ).json()
    assert order["channel"] == "storefront"
