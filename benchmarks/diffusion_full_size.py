"""Models with random weights, as wide and deep as the published ones, to be timed: their music is noise.

The published configurations are not read, which would need the network. `SIZES` tells where each size is from.
"""

from collections.abc import Callable
from typing import Any, Final

FULL_CODES: Final = 64_000
SIZES: Final = {
    "ace_step": (
        "transformer of XL-turbo (32 layers, 2560 wide, 32 heads, as its other implementations have it), condition "
        "encoder by the defaults of diffusers, text encoder of Qwen3-Embedding-0.6B, decoder for 48 kHz"
    ),
    "minimax_music": (
        "language model as its published configuration has it (Qwen3 of 8 billion parameters, 200,000 tokens), the "
        "other parts by the defaults of diffusers, which are those of the published ones"
    ),
    "stable_audio": (
        "transformer by the defaults of diffusers, decoder SAME-L as the documentation of diffusers has it for medium, "
        "text encoder of t5gemma-b-b-ul2"
    ),
    "musicgen": (
        "decoder of medium as the converting script of transformers has it, text encoder of T5 base, EnCodec for 32 kHz"
    ),
}


def random_module(kind: Callable[..., Any], device: str, dtype: Any, **sizes: Any) -> Any:
    """A module made where it is to be, because four billion numbers take a CPU minutes."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            return kind(**sizes).eval()
    finally:
        torch.set_default_dtype(before)


def full_ace_step(device: str, dtype: Any) -> dict[str, Any]:
    """ACE-Step 1.5 XL-turbo: a transformer of four billion parameters, Qwen3-Embedding-0.6B, the decoder at 48 kHz."""
    import torch
    from diffusers import AutoencoderOobleck
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step.modeling_ace_step import AceStepConditionEncoder
    from transformers import Qwen3Config, Qwen3Model

    text = Qwen3Config(
        vocab_size=151_669,
        hidden_size=1024,
        intermediate_size=3072,
        num_hidden_layers=28,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=128,
    )
    return {
        "transformer": random_module(
            AceStepTransformer1DModel,
            device,
            dtype,
            hidden_size=2560,
            intermediate_size=9728,
            num_hidden_layers=32,
            num_attention_heads=32,
            encoder_hidden_size=2048,
            is_turbo=True,
        ),
        "condition_encoder": random_module(AceStepConditionEncoder, device, dtype),
        "text_encoder": random_module(Qwen3Model, device, dtype, config=text),
        "vae": random_module(
            AutoencoderOobleck,
            device,
            torch.float32,
            downsampling_ratios=[2, 4, 4, 6, 10],
            sampling_rate=48_000,
        ),
    }


def full_planner(device: str, dtype: Any) -> Any:
    """The planner of ACE-Step 1.5: Qwen3 of 1.7 billion parameters, with tokens for its codes."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=151_669 + FULL_CODES,
        hidden_size=2048,
        intermediate_size=6144,
        num_hidden_layers=28,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=128,
        tie_word_embeddings=True,
    )
    return random_module(Qwen3ForCausalLM, device, dtype, config=config)


def full_minimax_music(device: str, dtype: Any) -> dict[str, Any]:
    """MiniMax Music 3: a language model of 8.6 billion parameters, a transformer of 2.4 billion, and what is small."""
    import torch
    from diffusers import (
        MiniMaxMusic3ConditionEncoder,
        MiniMaxMusic3RVQDepthDecoder,
        MiniMaxMusic3Transformer1DModel,
        MiniMaxMusic3Vocoder,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    language = Qwen3Config(
        vocab_size=200_000,
        hidden_size=4096,
        intermediate_size=12_288,
        num_hidden_layers=36,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        max_position_embeddings=10_240,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
        tie_word_embeddings=False,
    )
    return {
        "language_model": random_module(Qwen3ForCausalLM, device, dtype, config=language),
        "rvq_depth_decoder": random_module(MiniMaxMusic3RVQDepthDecoder, device, dtype),
        "condition_encoder": random_module(MiniMaxMusic3ConditionEncoder, device, dtype),
        "transformer": random_module(MiniMaxMusic3Transformer1DModel, device, dtype),
        "vocoder": random_module(MiniMaxMusic3Vocoder, device, torch.float32),
    }


def full_stable_audio(device: str, dtype: Any) -> dict[str, Any]:
    """Stable Audio 3 medium: a transformer of 1.4 billion parameters, T5Gemma base, the decoder SAME-L."""
    import torch
    from diffusers import AutoencoderSAME, StableAudio3DiTModel
    from diffusers.pipelines.stable_audio_3.modeling_stable_audio_3 import StableAudio3DurationEmbedder
    from transformers import T5GemmaConfig, T5GemmaEncoderModel
    from transformers.models.t5gemma.configuration_t5gemma import T5GemmaModuleConfig

    text = T5GemmaModuleConfig(
        hidden_size=768,
        intermediate_size=2048,
        num_hidden_layers=12,
        num_attention_heads=12,
        num_key_value_heads=12,
        head_dim=64,
    ).to_dict()
    return {
        "transformer": random_module(StableAudio3DiTModel, device, dtype),
        "duration_embedder": random_module(StableAudio3DurationEmbedder, device, dtype, output_dim=768),
        "text_encoder": random_module(
            T5GemmaEncoderModel,
            device,
            dtype,
            config=T5GemmaConfig(encoder=text, decoder=text, is_encoder_decoder=False),
        ),
        "vae": random_module(
            AutoencoderSAME,
            device,
            torch.float32,
            encoder_channels=256,
            encoder_transformer_depths=(12,),
            decoder_sinusoidal_blocks=(8,),
        ),
    }


def full_musicgen(device: str, dtype: Any) -> Any:
    """MusicGen medium: a decoder of 1.8 billion parameters, T5 base, EnCodec at 32 kHz."""
    import torch
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    config = MusicgenConfig(
        text_encoder=T5Config(
            vocab_size=32_128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12
        ).to_dict(),
        audio_encoder=EncodecConfig(
            sampling_rate=32_000,
            target_bandwidths=[2.2],
            upsampling_ratios=[8, 5, 4, 4],
            num_filters=64,
            hidden_size=128,
            codebook_size=2048,
            use_causal_conv=False,
            normalize=False,
            audio_channels=1,
        ).to_dict(),
        decoder=MusicgenDecoderConfig(
            vocab_size=2048, hidden_size=1536, num_hidden_layers=48, num_attention_heads=24, ffn_dim=6144
        ),
    )
    music = random_module(MusicgenForConditionalGeneration, device, dtype, config=config)
    music.audio_encoder.to(torch.float32)
    music.generation_config.update(pad_token_id=2048, bos_token_id=2048, decoder_start_token_id=2048)
    return music
