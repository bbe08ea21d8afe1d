"""Sampling codes for several pieces at once."""

import pytest

from generation.diffusion.errors import Interrupted

pytestmark = pytest.mark.torch


def drawn(logits, *, seeds=(1,), guidance=1.0, on_step=lambda step: None):
    """The codes drawn from logits (rows, codes) of what was prompted; nothing was likelier without the prompt."""
    import torch

    from generation.diffusion.devices import seeded
    from generation.diffusion.sampling import GuidedSampling

    sampling = GuidedSampling([seeded(seed) for seed in seeds], guidance, on_step)
    chosen = sampling(torch.zeros(1, 1, dtype=torch.long), torch.cat([logits, torch.zeros_like(logits)]))
    prompted, free = chosen.chunk(2)
    assert torch.equal(prompted, free)
    assert torch.equal(prompted.sum(dim=-1), torch.ones(len(logits)))
    return prompted.argmax(dim=-1)


def test_codes_are_drawn_as_often_as_they_are_likely():
    import torch

    likely = torch.tensor([0.6, 0.3, 0.1])
    codes = drawn(likely.log().expand(20_000, 3))
    assert torch.bincount(codes, minlength=3) / 20_000 == pytest.approx(likely, abs=0.02)


def test_guidance_makes_what_was_prompted_likelier():
    import torch

    codes = drawn(torch.tensor([0.5, 0.0]).expand(20_000, 2), guidance=4.0)
    assert float((codes == 0).float().mean()) == pytest.approx(float(torch.tensor(2.0).sigmoid()), abs=0.02)


def test_unlikely_codes_are_never_drawn():
    import torch

    logits = torch.zeros(20, 2048)
    logits[:, ::8] = 1e-3
    assert set((drawn(logits) % 8).tolist()) == {0}


def test_each_piece_has_random_numbers_of_its_own():
    import torch

    level = torch.zeros(8, 64)
    both = drawn(level, seeds=(1, 2))
    assert torch.equal(both[:4], drawn(level[:4], seeds=(1,)))
    assert torch.equal(both[4:], drawn(level[4:], seeds=(2,)))
    assert not torch.equal(both[:4], both[4:])


def test_it_can_be_stopped():
    import torch

    def stop(step):
        raise Interrupted

    with pytest.raises(Interrupted):
        drawn(torch.zeros(4, 64), on_step=stop)
