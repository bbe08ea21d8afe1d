"""Samples the next codes of several pieces at once, each with a random generator of its own."""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from transformers import LogitsProcessor

# As in the published recipe: of the 250 likeliest codes, at temperature 1.
MOST_LIKELY: Final = 250


class GuidedSampling(LogitsProcessor):
    """Takes the place of the sampling of transformers, which has one seed for a whole batch.

    It gets logits of shape (2 · pieces · codebooks, codes), those with the prompt before those without, applies
    guidance, draws, and gives back 1 for the code that was drawn and 0 for all others, from which a greedy choice
    takes it. `on_step` is called with the number of steps done, and may raise to stop.
    """

    def __init__(
        self, generators: Sequence[torch.Generator], guidance: float, on_step: Callable[[int], None]
    ) -> None:
        self._generators = generators
        self._guidance = guidance
        self._on_step = on_step
        self._steps = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        self._on_step(self._steps)
        self._steps += 1
        prompted, free = scores.chunk(2)
        guided = free + self._guidance * (prompted - free)
        least = guided.topk(min(MOST_LIKELY, guided.shape[-1])).values[:, -1:]
        likely = guided.masked_fill(guided < least, float("-inf"))
        drawn = (likely + self._gumbel(guided)).argmax(dim=-1, keepdim=True)
        chosen = torch.zeros_like(guided).scatter_(-1, drawn, 1.0)
        # Transformers applies its own guidance after this: between two equal halves it changes nothing.
        return torch.cat([chosen, chosen])

    def _gumbel(self, logits: torch.Tensor) -> torch.Tensor:
        """Noise with which the highest logit is a draw by softmax (the Gumbel-max trick)."""
        shape = (len(logits) // len(self._generators), logits.shape[-1])
        uniform = torch.cat([torch.rand(shape, generator=each) for each in self._generators])
        return -torch.log(-torch.log(uniform.clamp(1e-20, 1 - 1e-7))).to(logits.device)
