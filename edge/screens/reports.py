"""X and Z reports as rows for the screen: the figures of the shift, never computed a second time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from contract.sales import ShiftClosed
from edge.screens.parts import Figure, Report, Words
from edge.services.shifts import X


class _KindTotal(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def amount_minor(self) -> int: ...


class _TaxTotal(Protocol):
    @property
    def rate_bp(self) -> int: ...
    @property
    def tax_minor(self) -> int: ...


class _Shift(Protocol):
    """What a running shift's figures and a Z report have in common."""

    @property
    def sale_count(self) -> int: ...
    @property
    def return_count(self) -> int: ...
    @property
    def gross_minor(self) -> int: ...
    @property
    def refund_minor(self) -> int: ...
    @property
    def discount_minor(self) -> int: ...
    @property
    def rounding_minor(self) -> int: ...
    @property
    def tax(self) -> Iterable[_TaxTotal]: ...
    @property
    def tenders(self) -> Iterable[_KindTotal]: ...
    @property
    def refunds(self) -> Iterable[_KindTotal]: ...
    @property
    def float_minor(self) -> int: ...
    @property
    def cash_in_minor(self) -> int: ...
    @property
    def cash_out_minor(self) -> int: ...
    @property
    def expected_cash_minor(self) -> int: ...


def x_report(x: X) -> Report:
    return Report("x", x.shift.number, _figures(x.figures))


def z_report(z: ShiftClosed) -> Report:
    counted = (
        _amount("counted", z.counted_cash_minor, is_sum=True),
        _amount("variance", z.variance_minor, is_sum=True),
    )
    return Report("z", z.number, (*_figures(z), *counted), z.variance_minor)


def _figures(shift: _Shift) -> tuple[Figure, ...]:
    return (
        Figure(Words("counter.report.sales"), shift.gross_minor, shift.sale_count),
        Figure(Words("counter.report.returns"), -shift.refund_minor, shift.return_count),
        _amount("discounts", -shift.discount_minor),
        *(_tax(group) for group in shift.tax),
        _amount("rounding", shift.rounding_minor),
        *(_kind("tender", total, 1) for total in shift.tenders),
        *(_kind("refund", total, -1) for total in shift.refunds),
        _amount("float", shift.float_minor),
        _amount("cash_in", shift.cash_in_minor),
        _amount("cash_out", -shift.cash_out_minor),
        _amount("expected", shift.expected_cash_minor, is_sum=True),
    )


def _amount(name: str, amount_minor: int, *, is_sum: bool = False) -> Figure:
    return Figure(Words(f"counter.report.{name}"), amount_minor, is_sum=is_sum)


def _kind(name: str, total: _KindTotal, sign: int) -> Figure:
    words = Words(f"counter.report.{name}.{total.kind}")
    return Figure(words, sign * total.amount_minor, total.count)


def _tax(group: _TaxTotal) -> Figure:
    rate = f"{group.rate_bp / 100:g}%"
    return Figure(Words("counter.report.tax", (("rate", rate),)), group.tax_minor)
