"""Five steps that tick themselves off from what is really so, whoever did it: this page or a hand on the till."""

from dataclasses import dataclass, replace

from hardware_sim.demo.state import Counter, Till

STEPS = ("scan", "pay", "pull", "sell", "back")


@dataclass(frozen=True)
class Tour:
    """`done` steps are behind us; `last_sale` is the one that the next sale is told apart from."""

    done: int = 0
    last_sale: str | None = None

    @property
    def is_over(self) -> bool:
        return self.done == len(STEPS)

    @property
    def current(self) -> str:
        """The step to take now, "" after the last."""
        return "" if self.is_over else STEPS[self.done]

    def is_done(self, step: str) -> bool:
        return STEPS.index(step) < self.done


def advance(tour: Tour, counter: Counter) -> Tour:
    """The tour after `counter` was seen: at most one step on, and never back."""
    till = counter.till
    if till is None or tour.is_over:
        return tour
    if tour.last_sale is None:
        tour = replace(tour, last_sale=till.last_sale)
    if not is_reached(tour, till, counter):
        return tour
    return Tour(done=tour.done + 1, last_sale=till.last_sale)


def is_reached(tour: Tour, till: Till, counter: Counter) -> bool:
    has_sold = till.last_sale != tour.last_sale
    match tour.current:
        case "scan":
            return till.basket is not None or has_sold
        case "pay":
            return has_sold
        case "pull":
            return not till.is_online
        case "sell":
            return has_sold and till.waiting > 0
        case _:
            return till.is_online and counter.numbers_meet
