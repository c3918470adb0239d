"""The words of receipts and reports in Korean, Chinese and English: paper, not screens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. `tax_inside` is filled with the rate in percent, `points_known` with when."""

    receipt: str
    return_receipt: str
    copy: str
    business_number: str
    number: str
    cashier: str
    date: str
    discount: str
    markdown: str
    subtotal: str
    total: str
    rounding: str
    cash: str
    card: str
    wallet: str
    points: str
    stored_value: str
    coupon: str
    member: str
    points_earned: str
    points_known: str
    points_back: str
    change: str
    approval: str
    tax_inside: str
    tax_free: str
    lot: str
    refund: str
    reason: str
    original: str
    scan_to_return: str
    thanks: str
    x_report: str
    z_report: str
    shift: str
    opened: str
    closed: str
    sales: str
    returns: str
    float_: str
    cash_in: str
    cash_out: str
    expected: str
    counted: str
    variance: str
    receipts: str
    order: str
    job_pickup: str
    job_transfer: str
    job_delivery: str
    job_shipping: str
    place: str
    customer: str
    to_shop: str
    until: str
    package: str
    collect_at: str
    collect_by: str
    collect_code: str
    goods_by_order: str
    taken_back: str
    goes_back: str
    goes_back_now: str
    goes_back_later: str


KO = Words(
    receipt="영수증",
    return_receipt="반품 영수증",
    copy="재발행 COPY",
    business_number="사업자등록번호",
    number="번호",
    cashier="담당",
    date="일시",
    discount="할인",
    markdown="유통기한 임박 할인",
    subtotal="소계",
    total="합계",
    rounding="끝전 처리",
    cash="현금",
    card="카드",
    wallet="월렛",
    points="포인트",
    stored_value="적립금",
    coupon="쿠폰",
    member="회원",
    points_earned="적립 포인트",
    points_known="{time} 기준 포인트",
    points_back="이 상품의 포인트는 회수됩니다",
    change="거스름돈",
    approval="승인번호",
    tax_inside="부가세 {rate}%",
    tax_free="면세",
    lot="로트",
    refund="환불",
    reason="사유",
    original="원 영수증",
    scan_to_return="교환·반품 시 이 코드를 보여 주세요",
    thanks="감사합니다",
    x_report="중간 정산 X",
    z_report="마감 정산 Z",
    shift="근무",
    opened="시작",
    closed="마감",
    sales="판매",
    returns="반품",
    float_="준비금",
    cash_in="입금",
    cash_out="출금",
    expected="현금 계산액",
    counted="현금 실사액",
    variance="과부족",
    receipts="영수증 번호",
    order="주문",
    job_pickup="픽업 주문",
    job_transfer="매장 이동",
    job_delivery="배달 주문",
    job_shipping="택배 주문",
    place="보관 위치",
    customer="고객",
    to_shop="받는 매장",
    until="약속 시각",
    package="포장",
    collect_at="{shop}에서 수령",
    collect_by="{time}까지",
    collect_code="수령 시 이 코드를 보여 주세요",
    goods_by_order="주문 상품",
    taken_back="반품 확인증",
    goes_back="돌려 드릴 금액",
    goes_back_now="결제하신 방법으로 돌려 드립니다.",
    goes_back_later="매장 회선이 복구되는 대로 결제하신 방법으로 돌려 드립니다.",
)

ZH = Words(
    receipt="销售小票",
    return_receipt="退货小票",
    copy="副本 COPY",
    business_number="营业登记号",
    number="编号",
    cashier="收银员",
    date="时间",
    discount="折扣",
    markdown="临期折扣",
    subtotal="小计",
    total="合计",
    rounding="抹零",
    cash="现金",
    card="银行卡",
    wallet="电子钱包",
    points="积分",
    stored_value="储值",
    coupon="优惠券",
    member="会员",
    points_earned="本次积分",
    points_known="{time} 时积分",
    points_back="此商品的积分将收回",
    change="找零",
    approval="授权号",
    tax_inside="含税 {rate}%",
    tax_free="免税",
    lot="批号",
    refund="退款",
    reason="原因",
    original="原小票",
    scan_to_return="退换货时请出示此码",
    thanks="谢谢光临",
    x_report="中途结算 X",
    z_report="日结 Z",
    shift="班次",
    opened="开始",
    closed="结束",
    sales="销售",
    returns="退货",
    float_="备用金",
    cash_in="存入",
    cash_out="取出",
    expected="应有现金",
    counted="实点现金",
    variance="差额",
    receipts="小票编号",
    order="订单",
    job_pickup="到店自提",
    job_transfer="门店调拨",
    job_delivery="配送订单",
    job_shipping="快递订单",
    place="存放位置",
    customer="顾客",
    to_shop="收货门店",
    until="约定时间",
    package="件",
    collect_at="到 {shop} 取货",
    collect_by="{time} 前",
    collect_code="收货时请出示此码",
    goods_by_order="订单商品",
    taken_back="退货凭证",
    goes_back="退款金额",
    goes_back_now="款项将原路退回。",
    goes_back_later="门店网络恢复后，款项将原路退回。",
)

EN = Words(
    receipt="Receipt",
    return_receipt="Return receipt",
    copy="COPY",
    business_number="Business no.",
    number="No.",
    cashier="Cashier",
    date="Date",
    discount="Discount",
    markdown="Best-before discount",
    subtotal="Subtotal",
    total="Total",
    rounding="Rounding",
    cash="Cash",
    card="Card",
    wallet="Wallet",
    points="Points",
    stored_value="Stored value",
    coupon="Coupon",
    member="Member",
    points_earned="Points earned",
    points_known="Points at {time}",
    points_back="The points for these goods go back",
    change="Change",
    approval="Approval",
    tax_inside="VAT {rate}% inside",
    tax_free="Tax free",
    lot="Lot",
    refund="Refund",
    reason="Reason",
    original="Of receipt",
    scan_to_return="Show this code to return goods",
    thanks="Thank you",
    x_report="X report",
    z_report="Z report",
    shift="Shift",
    opened="Opened",
    closed="Closed",
    sales="Sales",
    returns="Returns",
    float_="Float",
    cash_in="Cash in",
    cash_out="Cash out",
    expected="Cash expected",
    counted="Cash counted",
    variance="Variance",
    receipts="Receipt numbers",
    order="Order",
    job_pickup="Pick-up",
    job_transfer="Transfer",
    job_delivery="Delivery",
    job_shipping="Shipping",
    place="Lies at",
    customer="For",
    to_shop="To shop",
    until="Promised by",
    package="Package",
    collect_at="Collect at {shop}",
    collect_by="by {time}",
    collect_code="Show this code to get the goods",
    goods_by_order="Goods by order",
    taken_back="Taken back",
    goes_back="Goes back",
    goes_back_now="The money goes back the way it was paid.",
    goes_back_later="The money goes back the way it was paid as soon as the shop's line is up again.",
)

_BY_LANGUAGE = {"ko": KO, "zh": ZH, "en": EN}


def of(language: str) -> Words:
    return _BY_LANGUAGE[language]


def of_tender(words: Words, kind: str) -> str:
    """What a kind of tender is called."""
    return str(getattr(words, kind))
