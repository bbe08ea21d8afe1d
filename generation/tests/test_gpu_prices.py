"""What the seconds of a GPU cost, by whatever name it goes."""

from decimal import Decimal

import pytest

from generation.engines.gpu_prices import cost

PRICES = {"A100": Decimal("0.5"), "A100-80": Decimal("0.75"), "L40S": Decimal("0.000542")}


@pytest.mark.parametrize(
    ("gpu", "dollars"),
    [
        ("L40S", "0.001355"),
        ("NVIDIA L40S", "0.001355"),
        ("A100", "1.25"),
        ("A100-SXM4-40GB", "1.25"),
        ("NVIDIA A100-SXM4-80GB", "1.875"),
        ("a100-80gb", "1.875"),
    ],
)
def test_the_price_is_that_of_the_longest_name_that_fits(gpu, dollars):
    assert cost(gpu, 2.5, PRICES) == Decimal(dollars)


@pytest.mark.parametrize("gpu", ["L4", "H100", "", "NVIDIA"])
def test_of_another_gpu_the_price_is_not_known(gpu):
    assert cost(gpu, 2.5, PRICES) is None


def test_it_is_a_sum_to_the_millionth_of_a_dollar():
    assert str(cost("L40S", 1 / 3, PRICES)) == "0.000181"
