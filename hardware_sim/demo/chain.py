"""Maru as every demo has it: head office, and the shops Office Tower and Hillside, each with one box."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hardware_sim.demo.products import Product
from hardware_sim.processes import Company, Party, Ports
from hardware_sim.settings_files import HILLSIDE, Scannable, Shop

# A printer that has the shop's characters in its own font, as a shop would buy it.
PRINTERS: Final = {"ko": "epson-tm-t88v-korean", "zh": "gprinter-gp-l80250"}
COMPANY_NAMES: Final = {"ko": "마루"}

# The cake's story: what the small shop does not carry is brought to it from the other in 25 minutes.
HILLSIDE_LACKS: Final = frozenset({"cake", "makeup", "serum"})
DELIVERS: Final = {
    "delivery_radius_m": 9_000,
    "delivery_min": 40,
    "delivery_fee_minor": 3_000,
}
OFFICE_TOWER_PLACE: Final = {
    **DELIVERS,
    "latitude": 37.5665,
    "longitude": 126.9780,
    "ship_days": 2,
    "ship_fee_minor": 2_500,
    "travel_min": {HILLSIDE.location_id: 25},
}
HILLSIDE_PLACE: Final = {**DELIVERS, "latitude": 37.5410, "longitude": 126.9860}


@dataclass(frozen=True)
class Branch:
    """One shop: its own processes, what head office says of its place, what lies on its shelves."""

    company: Company
    place: Mapping[str, Any]
    carried: Sequence[Product]
    cashier: str

    @property
    def shop(self) -> Shop:
        return self.company.shop


class Chain:
    """All of Maru in one folder, on two rows of ports. What is made again there goes on where it stopped."""

    def __init__(self, folder: Path, first_port: int, language: str, items: list[Product]) -> None:
        row = Ports.in_a_row(first_port)
        self.items = items
        self.office = Company(folder, row, dressed(Shop(), items, language))
        small = [item for item in items if item.category not in HILLSIDE_LACKS]
        hillside = dressed(HILLSIDE, small, language)
        self.hillside = self.office.another("hillside", hillside, row.next_row)
        first, second = CASHIERS[language]
        self.branches = (
            Branch(self.office, OFFICE_TOWER_PLACE, items, first),
            Branch(self.hillside, HILLSIDE_PLACE, small, second),
        )

    @property
    def folder(self) -> Path:
        return self.office.folder

    def name_of(self, party: Party) -> str:
        """The party's name, with the shop's before it where that is not the first one."""
        return f"hillside {party.name}" if party in self.hillside.counter else party.name

    def starting(self) -> Iterator[Party]:
        """As `Company.starting`; Hillside's counter wakes beside Office Tower's."""
        self.hillside.refuse_taken_ports()
        waking = self.office.starting()
        first = next(waking)
        for party in self.hillside.counter:
            party.start()
        yield first
        yield from waking
        yield from self.hillside.counter

    def stop(self) -> None:
        """Both counters at once, then what they have in common: whoever pressed Ctrl-C is waiting."""
        counters = (*reversed(self.hillside.counter), *reversed(self.office.counter))
        for party in counters:
            party.ask_to_stop()
        for party in (*counters, self.office.wallets, self.office.hub, self.office.broker):
            party.stop()


CASHIERS: Final = {
    "ko": ("김하늘", "박솔"),
    "zh": ("李晴", "周岚"),
    "en": ("Haneul Kim", "Sol Park"),
}


def dressed(plain: Shop, items: Sequence[Product], language: str) -> Shop:
    """The shop in `language`, with its printer, its bench and the wallets."""
    return replace(
        plain,
        company_name=COMPANY_NAMES.get(language, plain.company_name),
        language=language,
        printer_model=PRINTERS.get(language, plain.printer_model),
        on_the_bench=[Scannable(item.names, item.gtin) for item in items if is_shown(item)],
        takes_wallets=True,
    )


def is_shown(item: Product) -> bool:
    """A bench full, not a shelf full: what sells often, and something of each other kind."""
    return item.is_quick or item.is_exempt or item.category in {"lip", "serum"}
