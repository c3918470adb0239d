"""A customer pays by her phone, in real processes: bench, counter, box, line, hub, providers; and no code stays.

The counter is looked at in Chromium, in every size and language, while it waits for her.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hardware_sim.processes import Company, Ports
from hardware_sim.proof.estate import open_shop
from hardware_sim.proof.outside import PRODUCTS, HeadOffice, Program, Till, until
from hardware_sim.settings_files import Shop
from tests.browser.test_counter_looks import CUT_OFF, SIZES

WITHIN_S = 30.0
WITHIN_MS = 30_000
PRICE = 1_170
ASKED = {
    "en": "The customer is typing her password in Alipay.",
    "ko": "손님이 알리페이에서 비밀번호를 입력하고 있습니다.",
    "zh": "顾客正在支付宝中输入支付密码。",
}


class Estate:
    """A company that takes wallets; `codes` are all that its customers have shown."""

    def __init__(self, folder: Path) -> None:
        shop = Shop(language="en", takes_wallets=True)
        self.company = Company(folder, Ports.free(), shop)
        self.till = Till(self.company.box.url)
        self.office = HeadOffice(self.company.hub.url)
        self.counter = Program(self.company.sim.url)
        self.wallets = Program(self.company.wallets.url)
        self.codes: list[str] = []

    def customers(self, step: str) -> None:
        for name in ("wechat_pay", "alipay"):
            self.wallets.ask("POST", f"/api/wallets/{name}/script", {"next": [step]})

    def put_goods_down(self) -> None:
        body = {"data": PRODUCTS[0]["gtins"][0]}
        self.counter.ask("POST", "/api/scanner/scan", body)
        assert until(lambda: self.till.state()["basket"], WITHIN_S)

    def show(self, name: str) -> None:
        """As the bench's button does, but the code is remembered here."""
        code = self.wallets.ask("POST", f"/api/wallets/{name}/show")["code"]
        self.codes.append(code)
        self.counter.ask("POST", "/api/scanner/scan", {"data": code})

    def pay_cash(self) -> None:
        """Whatever the wallet did not pay."""
        if self.till.state()["basket"]:
            self.till.ask("POST", "/api/basket/tenders/cash", {"tendered_minor": 10_000})

    def moved_minor(self, name: str) -> int:
        return int(self.wallets.ask("GET", "/api/wallets/ledger")[name]["moved_minor"])

    def times_asked(self, name: str) -> int:
        entries = self.wallets.ask("GET", "/api/wallets/ledger")[name]["entries"]
        return sum(it["event"] == "asked" for it in entries)

    def has_settled(self) -> bool:
        return not self.till.ask("GET", "/api/payments")

    def set_line(self, state: str) -> None:
        self.counter.ask("POST", "/api/line", {"state": state})
        is_up = state == "up"
        assert until(lambda: self.till.state()["line"]["online"] == is_up, WITHIN_S)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    it = Estate(tmp_path_factory.mktemp("company"))
    with it.company, it.till, it.office, it.counter, it.wallets:
        open_shop(it.till, it.office)
        yield it


@pytest.fixture
def counter_page(page: Page, estate: Estate) -> Page:
    page.goto(estate.company.box.url)
    expect(page.locator("html")).to_have_attribute("data-live", "on", timeout=WITHIN_MS)
    return page


def says(page: Page, words: str) -> None:
    expect(page.locator("body")).to_contain_text(words, timeout=WITHIN_MS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ASKED)
def test_while_she_types_the_counter_says_what_is_waited_for_and_esc_gives_it_up(
    page: Page, estate: Estate, language: str
) -> None:
    """Her wallet asks for a minute before the shop gives up: the page is looked at meanwhile."""
    url = estate.company.box.url
    page.context.add_cookies(
        [{"name": "look", "value": urlencode({"language": language}), "url": url}]
    )
    page.goto(url)
    before = estate.moved_minor("alipay")
    estate.customers("wait")
    estate.put_goods_down()
    estate.show("alipay")
    says(page, ASKED[language])
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(CUT_OFF) == [], width
    assert [it["id"] for it in Axe().run(page).response["violations"]] == []
    page.keyboard.press("Escape")
    assert until(estate.has_settled, WITHIN_S)
    estate.pay_cash()
    assert estate.moved_minor("alipay") == before
    assert not estate.wallets.ask("GET", "/api/wallets")["alipay"]["waiting"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["wechat_pay", "alipay"])
def test_on_the_bench_she_types_it_and_the_counter_is_paid(
    page: Page, counter_page: Page, estate: Estate, name: str
) -> None:
    bench = page.context.new_page()
    bench.goto(f"{estate.company.sim.url}/#wallets")
    before = estate.moved_minor(name)
    estate.customers("wait")
    estate.put_goods_down()
    total_minor = estate.till.state()["basket"]["total_minor"]
    estate.show(name)
    expect(bench.locator("#wallets")).to_contain_text("asks for the password", timeout=WITHIN_MS)
    bench.locator('form[action="/hands/wallet-press"] button.approve').click()
    assert until(lambda: estate.moved_minor(name) == before + total_minor, WITHIN_S)
    assert until(lambda: estate.till.state()["basket"] is None, WITHIN_S)
    counter_page.reload()
    says(counter_page, "Wallet")
    says(counter_page, "Sold")
    sale = estate.till.ask("GET", "/api/sales", limit=1)[0]
    assert sale["total_minor"] == total_minor


@pytest.mark.timeout(300)
def test_without_the_line_it_is_refused_in_words_and_never_sent_later(
    counter_page: Page, estate: Estate
) -> None:
    asked = estate.times_asked("alipay")
    estate.customers("approve")
    estate.put_goods_down()
    estate.set_line("cut")
    estate.show("alipay")
    says(counter_page, "The line to the hub is down: no wallet can be asked. Nothing was charged.")
    estate.set_line("up")
    estate.pay_cash()
    assert estate.times_asked("alipay") == asked


@pytest.mark.usefixtures("browser")  # runs with the others of its file, last of all
@pytest.mark.timeout(300)
def test_no_file_of_any_process_holds_a_code(estate: Estate) -> None:
    """Box, hub, line, broker, bench and providers: every database, journal and log, after codes of every fate."""
    for step, name in product(("approve", "decline", "gives_up"), ("wechat_pay", "alipay")):
        estate.customers(step)
        estate.put_goods_down()
        before = estate.times_asked(name)
        estate.show(name)
        assert until(lambda: estate.times_asked(name) > before, WITHIN_S)  # noqa: B023 - called here
        assert until(estate.has_settled, WITHIN_S)
        estate.pay_cash()
    files = [it for it in estate.company.folder.rglob("*") if it.is_file()]
    kinds = {it.suffix for it in files}
    assert {".sqlite3", ".log", ".jsonl"} <= kinds
    assert len(estate.codes) >= 6
    found = [
        (it.name, code[:2])
        for it in files
        for code in estate.codes
        if code.encode() in it.read_bytes()
    ]
    assert found == []
