"""Where a customer says that she is: what is typed becomes a shop, a district's middle, or a refusal in words."""

import pytest

from cloud.errors import PlaceUnclearError, PlaceUnknownError
from cloud.orders import asks, places
from cloud.orders.places import Spot
from cloud.questions import Asker

OFFICE, HILLSIDE = "office", "hillside"
YONGSAN = Spot("37.533,126.99", {"en": "Yongsan-gu", "ko": "용산구", "zh": "龙山区"})
HILL = Spot(HILLSIDE, {"en": "Hillside", "ko": "hillside점"})


def spot(chain, said: str, language: str = "en") -> Spot:
    with chain.database.read() as session:
        return places.spot_of(session, said, language)


def test_a_shop_or_a_district_in_any_of_its_names_as_far_as_it_is_typed(chain) -> None:
    said = ("용산", "용산구", " yongsan ", "YONGSAN-GU", "龙山", HILLSIDE, "Hill", "hillside 점")
    assert [spot(chain, it) for it in said] == [YONGSAN] * 5 + [HILL] * 3


def test_nowhere_and_a_point_stay_what_they_are(chain) -> None:
    said = ("", "37.5,127.0")
    assert [spot(chain, it) for it in said] == [Spot("", {}), Spot("37.5,127.0", {})]


def test_a_whole_name_is_clear_though_longer_ones_begin_so(chain) -> None:
    chain.open_shop_again("jung")
    assert spot(chain, "Jung").near == "jung"
    with pytest.raises(PlaceUnclearError) as refused:
        spot(chain, "Jun")
    assert refused.value.fields == {"place": "Jun", "places": "Jung, Jung-gu, Jungnang-gu"}


def test_what_nobody_is_called_is_refused_and_so_is_what_several_are(chain) -> None:
    with pytest.raises(PlaceUnknownError) as unknown:
        spot(chain, "Atlantis")
    assert unknown.value.message == (
        "No shop and no district here is called Atlantis. Nothing was asked for."
    )
    with pytest.raises(PlaceUnclearError) as unclear:
        spot(chain, "강", "ko")
    assert unclear.value.fields == {"place": "강", "places": "강남구, 강동구, 강북구, 강서구"}


def test_a_box_asks_for_the_ways_from_a_district_and_hears_which(chain) -> None:
    verbs = asks.verbs(chain.database, chain.clock, lambda: None)
    lines = [{"sku": "CAKE", "quantity": 1}]
    answer = verbs["orders.quote"](
        Asker("maru-office-1", OFFICE, "1"), {"lines": lines, "near": "용산", "language": "ko"}
    )
    assert answer["near"] == YONGSAN.names
    ways = chain.quote(near=YONGSAN.near)
    assert [it["offer_id"] for it in answer["offers"]] == [it.offer_id for it in ways]
    assert {it.kind for it in ways} >= {"pickup", "delivery"}


def test_what_the_shop_near_a_district_lacks_is_brought_there_to_be_collected(chain) -> None:
    jongno, far = spot(chain, "종로").near, spot(chain, "강남").near
    (way,) = [it for it in chain.quote(near=jongno) if it.kind == "transfer_pickup"]
    assert (way.location_id, way.source_id) == (HILLSIDE, OFFICE)
    assert [it for it in chain.quote(near=far) if it.kind == "transfer_pickup"] == []
    held = chain.hold(way)
    assert held.paper_code
