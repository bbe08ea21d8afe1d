"""What the seconds of a GPU cost, by whatever name it goes."""

from decimal import Decimal

import pytest
from django.conf import settings

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
        ("A100-80GB:2", "3.75"),
        ("L40S!", "0.001355"),
        ("L40S+", "0.001355"),
    ],
)
def test_the_price_is_that_of_the_longest_name_that_fits(gpu, dollars):
    assert cost(gpu, 2.5, PRICES) == Decimal(dollars)


@pytest.mark.parametrize("gpu", ["L4", "H100", "", "NVIDIA"])
def test_of_another_gpu_the_price_is_not_known(gpu):
    assert cost(gpu, 2.5, PRICES) is None


@pytest.mark.parametrize(
    "gpu",
    [
        "T4",
        "L4",
        "A10",
        "L40S",
        "A100",
        "A100-40GB",
        "A100-80GB",
        "RTX-PRO-6000",
        "H100",
        "H100!",
        "H200",
        "B200",
        "B200+",
    ],
)
def test_every_gpu_that_modal_names_has_a_price(gpu):
    assert cost(gpu, 1.0, settings.MODAL_GPU_PRICES)


def test_the_two_kinds_of_a100_cost_differently():
    small, large = (cost(gpu, 1.0, settings.MODAL_GPU_PRICES) for gpu in ("A100-40GB", "A100-80GB"))
    assert small is not None
    assert large is not None
    assert cost("A100", 1.0, settings.MODAL_GPU_PRICES) == small < large


def test_it_is_a_sum_to_the_millionth_of_a_dollar():
    assert str(cost("L40S", 1 / 3, PRICES)) == "0.000181"
