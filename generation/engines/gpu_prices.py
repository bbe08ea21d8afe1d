"""What the seconds of a GPU cost."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_MICRO_DOLLAR: Final = Decimal("0.000001")


def cost(gpu: str, seconds: float, prices: Mapping[str, Decimal]) -> Decimal | None:
    """US dollars, to the millionth, for so many seconds of a GPU; None where its price is not known.

    `gpu` is what was asked of Modal, as "L40S", "H100!" or "A100-80GB:2", which are two; `prices` per second are by
    names such as "L40S" or "A100-80", which also mean "NVIDIA L40S" and "A100-SXM4-80GB".
    """
    name, _, count = gpu.partition(":")
    words = _words(name)
    matching = [name for name in prices if _words(name) <= words]
    if not matching:
        return None
    price = prices[max(matching, key=lambda name: len(_words(name)))]
    return (Decimal(str(seconds)) * price * (int(count) if count.isdecimal() else 1)).quantize(_MICRO_DOLLAR)


def _words(name: str) -> set[str]:
    return {word.removesuffix("GB") for word in re.split(r"[^A-Z0-9]+", name.upper()) if word}
