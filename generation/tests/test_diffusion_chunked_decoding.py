"""Decoding a piece at a time."""

import numpy as np
import pytest

pytestmark = pytest.mark.torch
LENGTH = 17


@pytest.fixture(params=[((4,), (3,)), ((2, 4), (3, 2))], ids=["one level", "two levels"])
def vae(request):
    """A decoder of Stable Audio 3 in small, with all its layers doing something."""
    import torch
    from diffusers import AutoencoderSAME

    strides, layers = request.param
    with torch.random.fork_rng():
        torch.manual_seed(1)
        vae = AutoencoderSAME(
            patch_size=4,
            encoder_channels=16,
            encoder_c_mults=(1,) * len(strides),
            encoder_strides=strides,
            encoder_transformer_depths=layers,
            latent_dim=8,
            dim_heads=8,
        )
        for parameter in vae.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return vae.eval()


@pytest.fixture
def latents():
    import torch

    return torch.randn(8, LENGTH, generator=torch.Generator().manual_seed(2))


def whole(vae, latents) -> np.ndarray:
    import torch

    with torch.no_grad():
        return vae.decode(latents[None]).sample[0].numpy()


@pytest.mark.parametrize("chunk", [5, 8, 128])
def test_pieces_make_the_samples_of_the_whole(vae, latents, chunk):
    from generation.diffusion.chunked_decoding import decoded_in_chunks

    expected = whole(vae, latents)
    assert expected.std() > 0.1
    np.testing.assert_allclose(decoded_in_chunks(vae, latents, chunk), expected, atol=1e-5)


def test_a_latent_changes_samples_as_far_as_it_is_said_to_reach_and_no_farther(vae, latents):
    """In double precision, where even what is left of it after all layers is more than rounding."""
    from generation.diffusion.chunked_decoding import reach

    precise, middle = latents.double(), LENGTH // 2
    changed = precise.clone()
    changed[:, middle] += 1
    difference = np.abs(whole(vae.double(), changed) - whole(vae, precise)).max(axis=0)
    heard = np.flatnonzero(difference.reshape(LENGTH, -1).max(axis=1))
    assert np.abs(heard - middle).max() == reach(vae.config)


def test_the_published_decoder_reaches_as_many_latents_as_it_has_layers():
    import torch
    from diffusers import AutoencoderSAME

    from generation.diffusion.chunked_decoding import reach

    with torch.device("meta"):
        vae = AutoencoderSAME(encoder_channels=256, encoder_transformer_depths=(12,))
    assert reach(vae.config) == 12
