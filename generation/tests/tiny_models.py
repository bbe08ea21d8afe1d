"""The published models in small: the same classes with random weights, laid out as a download leaves them.

They make noise, in the time and shape that the real ones make music in. Free of pytest.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generation.diffusion.catalog import ACE_STEP, MINIMAX_MUSIC, MUSICGEN, STABLE_AUDIO, Model
from generation.tests.tiny_minimax import minimax_music

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TINY_ACE_STEP = dataclasses.replace(ACE_STEP, min_duration=1, max_duration=30)
TINY_STABLE_AUDIO = dataclasses.replace(STABLE_AUDIO, min_duration=1)
TINY_MUSICGEN = dataclasses.replace(MUSICGEN, min_duration=1)
TINY_MINIMAX = dataclasses.replace(MINIMAX_MUSIC, min_duration=1, max_batch=4)
TINY_MODELS = {
    model.family: model for model in (TINY_ACE_STEP, TINY_MINIMAX, TINY_STABLE_AUDIO, TINY_MUSICGEN)
}


def download_tiny(model: Model, cache_dir: Path) -> str:
    """Lay a tiny model out in `cache_dir` as `loading.download` would, and return its commit."""
    import torch

    repository = cache_dir / f"models--{model.repo.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        _BUILDERS[model.family](snapshot)
    for note in (repository / "refs" / "main", cache_dir / "downloaded" / model.name):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(COMMIT)
    return COMMIT


def _ace_step(folder: Path) -> None:
    from diffusers import AceStepPipeline, AutoencoderOobleck, FlowMatchEulerDiscreteScheduler
    from diffusers.models.transformers.ace_step_transformer import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step.modeling_ace_step import AceStepConditionEncoder
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = _byte_tokenizer()
    attention = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "sliding_window": 16,
    }
    text_encoder = Qwen3Model(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
        )
    )
    condition_encoder = AceStepConditionEncoder(
        text_hidden_dim=32,
        timbre_hidden_dim=8,
        num_lyric_encoder_hidden_layers=2,
        num_timbre_encoder_hidden_layers=2,
        **attention,
    )
    condition_encoder.silence_latent.normal_()
    transformer = AceStepTransformer1DModel(
        num_hidden_layers=2,
        in_channels=24,
        audio_acoustic_hidden_dim=8,
        encoder_hidden_size=32,
        is_turbo=True,
        **attention,
    )
    vae = AutoencoderOobleck(
        encoder_hidden_size=4,
        downsampling_ratios=[2, 4, 4, 6, 10],
        channel_multiples=[1, 2, 2, 2, 2],
        decoder_channels=4,
        decoder_input_channels=8,
        audio_channels=2,
        sampling_rate=48_000,
    )
    AceStepPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        condition_encoder=condition_encoder,
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
    ).save_pretrained(folder)


def _stable_audio(folder: Path) -> None:
    import torch
    from diffusers import (
        AutoencoderSAME,
        FlowMatchEulerDiscreteScheduler,
        StableAudio3DiTModel,
        StableAudio3Pipeline,
    )
    from diffusers.pipelines.stable_audio_3.modeling_stable_audio_3 import StableAudio3DurationEmbedder
    from transformers import T5GemmaConfig, T5GemmaEncoderModel
    from transformers.models.t5gemma.configuration_t5gemma import T5GemmaModuleConfig

    tokenizer = _gemma_tokenizer()
    module = T5GemmaModuleConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=256,
        sliding_window=256,
        layer_types=["full_attention", "full_attention"],
    ).to_dict()
    pipeline = StableAudio3Pipeline(
        vae=AutoencoderSAME(
            audio_channels=2,
            patch_size=256,
            encoder_channels=8,
            encoder_c_mults=(2,),
            encoder_strides=(16,),
            encoder_transformer_depths=(1,),
            latent_dim=8,
            use_differential_attention=False,
            dim_heads=4,
            ff_mult=2,
            sampling_rate=44_100,
        ),
        text_encoder=T5GemmaEncoderModel(
            T5GemmaConfig(encoder=module, decoder=module, is_encoder_decoder=False)
        ),
        tokenizer=tokenizer,
        duration_embedder=StableAudio3DurationEmbedder(output_dim=16, fourier_dim=16),
        transformer=StableAudio3DiTModel(
            io_channels=8,
            embed_dim=32,
            depth=2,
            num_heads=4,
            cond_token_dim=16,
            global_cond_dim=16,
            local_add_cond_dim=9,
            timestep_features_dim=16,
            ff_mult=2,
            num_memory_tokens=3,
            use_differential_attention=False,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0, stochastic_sampling=True),
    )
    for part in (pipeline.vae, pipeline.transformer):
        for parameter in part.parameters():
            # Layers that start at nothing would make every song the same.
            if parameter.abs().max() < 1e-3:
                torch.nn.init.normal_(parameter, std=0.3)
    pipeline.save_pretrained(folder)


def _musicgen(folder: Path) -> None:
    import torch
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    tokenizer = _byte_tokenizer()
    config = MusicgenConfig(
        text_encoder=T5Config(
            vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4
        ).to_dict(),
        audio_encoder=EncodecConfig(
            sampling_rate=32_000,
            target_bandwidths=[2.2],
            upsampling_ratios=[8, 5, 4, 4],
            num_filters=4,
            hidden_size=16,
            codebook_size=64,
            codebook_dim=16,
            num_lstm_layers=1,
            use_causal_conv=False,
            normalize=False,
            audio_channels=1,
        ).to_dict(),
        decoder=MusicgenDecoderConfig(
            vocab_size=64,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            ffn_dim=64,
            num_codebooks=4,
            pad_token_id=64,
            bos_token_id=64,
            max_position_embeddings=2048,
        ).to_dict(),
    )
    model = MusicgenForConditionalGeneration(config)
    for name, values in model.state_dict().items():
        # They start at zero, and every song would be the same.
        if name.endswith("codebook.embed"):
            values.copy_(torch.randn_like(values))
    model.generation_config.update(pad_token_id=64, bos_token_id=64, decoder_start_token_id=64)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _byte_tokenizer() -> Any:
    """A token for each byte, as the byte pair tokenizers have before they have learnt any pair."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {symbol: number for number, symbol in enumerate(["<|endoftext|>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(words, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|endoftext|>", eos_token="<|endoftext|>"
    )


def _gemma_tokenizer() -> Any:
    from transformers import GemmaTokenizerFast

    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", "<bos>", "<unk>"])}
    for byte in range(256):
        vocabulary[f"<0x{byte:02X}>"] = len(vocabulary)
    return GemmaTokenizerFast(vocab=vocabulary, merges=[])


_BUILDERS: dict[str, Callable[[Path], None]] = {
    "ace_step": _ace_step,
    "minimax_music": minimax_music,
    "stable_audio": _stable_audio,
    "musicgen": _musicgen,
}
