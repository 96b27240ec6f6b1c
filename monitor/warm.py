"""Imported by the workers' fork server: loads what judging loads at its first use.

Lexicons, language profiles and character tables cost a second or two once.
Workers forked afterwards share them and are ready at once, also those that
replace a worker that died.
"""

import gc
from datetime import UTC, datetime

from monitor.items import Page
from monitor.judge import judge

_LINES = (
    "The river rose by two metres overnight, and the ferry stayed in port.",
    "Der Fluss stieg über Nacht um zwei Meter, und die Fähre blieb im Hafen.",
    "Air sungai naik dua meter dalam semalam, dan kapal feri tetap di pelabuhan karena cuaca.",
    "Nehir bir gecede iki metre yükseldi ve vapur limanda kaldı.",
    "Mực nước sông dâng cao hai mét trong đêm, phà phải nằm lại bến.",
    "แม่น้ำสูงขึ้นสองเมตรในคืนเดียว เรือข้ามฟากจอดอยู่ที่ท่า",
    "ນ້ຳຂຶ້ນສູງສອງແມັດໃນຄືນດຽວ ເຮືອຂ້າມຟາກຈອດຢູ່ທີ່ທ່າ",
    "មេឃភ្លៀងខ្លាំងពេញមួយយប់ ទឹកទន្លេឡើងពីរម៉ែត្រ",
    "မြစ်ရေသည် တစ်ညတည်း နှစ်မီတာ မြင့်တက်လာသည်",
    "河水一夜上涨两米，渡轮停泊在港口。",
)


def _page(text: str) -> Page:
    body = f"<html><title>{text}</title><article><p>{text * 8}</p></article></html>"
    url = "http://localhost/warm"
    headers = {"content-type": "text/html; charset=utf-8"}
    return Page("warm", url, url, 200, headers, body.encode(), datetime.now(UTC))


for _line in _LINES:
    judge(_page(_line))
# The collector would go through all of this again and again, and by doing so copy
# for each worker the memory that they share.
gc.collect()
gc.freeze()
# A page makes thousands of objects and next to no rings of them. Looking for rings after every
# 700 (Python's default) took 3 % of the time.
gc.set_threshold(20_000, 20, 20)
