"""Decodes the latents of Stable Audio 3 a piece at a time, to the same samples as all at once.

Its decoder (`AutoencoderSAME`) lets every token attend only to its neighbours, but keeps them apart by a mask over the
whole length: for six minutes 70,000² numbers. What lies out of reach of all layers changes nothing, so each piece is
decoded with as much around it as they reach, and that is cut off again.
"""

from math import ceil
from typing import Any, Final

import numpy as np
import torch

from generation.audio.types import Samples
from generation.diffusion.devices import as_samples

# Twelve seconds: a shorter piece pays more for what is around it, a longer one more for its own mask.
CHUNK: Final = 128


def decoded_in_chunks(vae: Any, latents: torch.Tensor, chunk: int = CHUNK) -> Samples:
    """Latents (channels, frames) of one song as samples (channels, frames · `downsampling_ratio`)."""
    around, ratio, length = reach(vae.config), vae.downsampling_ratio, latents.shape[-1]
    pieces = []
    for start in range(0, length, chunk):
        end = min(start + chunk, length)
        first = max(0, start - around)
        with torch.no_grad():
            sound = vae.decode(latents[None, :, first : end + around].to(vae.dtype)).sample[0]
        pieces.append(as_samples(sound[:, (start - first) * ratio : (end - first) * ratio]))
    return np.concatenate(pieces, axis=1)


def reach(config: Any) -> int:
    """How many latents before and behind it change the samples of one.

    A layer sees `sliding_window` frames of its own level to either side, and a level has `stride` times as many
    frames as the one before it.
    """
    seen, frames_per_latent = 0.0, 1
    for stride, layers in zip(
        reversed(config.encoder_strides), reversed(config.encoder_transformer_depths), strict=True
    ):
        seen += layers * config.sliding_window / frames_per_latent
        frames_per_latent *= stride
    return ceil(seen)
