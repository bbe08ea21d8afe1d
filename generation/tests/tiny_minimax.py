"""MiniMax Music 3 in small: the same classes with random weights, laid out as a download leaves them."""

from pathlib import Path
from typing import Any

from generation.diffusion.catalog import MINIMAX_MUSIC


def minimax_music(folder: Path) -> None:
    """The vocabulary is as large as the published one: where the codes lie in it is written in diffusers."""
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        MiniMaxMusic3Blocks,
        MiniMaxMusic3ConditionEncoder,
        MiniMaxMusic3RVQDepthDecoder,
        MiniMaxMusic3Transformer1DModel,
        MiniMaxMusic3Vocoder,
    )
    from transformers import Qwen3Config, Qwen3ForCausalLM

    pipeline = MiniMaxMusic3Blocks().init_pipeline()
    pipeline.update_components(
        tokenizer=_tokenizer(),
        language_model=Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=168_064,
                hidden_size=16,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=8,
                max_position_embeddings=10_240,
                initializer_range=0.5,
            )
        ),
        rvq_depth_decoder=MiniMaxMusic3RVQDepthDecoder(
            hidden_size=16, num_layers=1, num_attention_heads=2, intermediate_size=32, audio_vocab_size=64
        ),
        condition_encoder=MiniMaxMusic3ConditionEncoder(condition_hidden_dim=16, out_dim=16),
        transformer=MiniMaxMusic3Transformer1DModel(
            in_channels=8,
            condition_dim=16,
            num_layers=2,
            num_attention_heads=2,
            attention_head_dim=8,
            ff_inner_dim=32,
            rotary_dim=4,
            fourier_embedding_dim=16,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0, invert_sigmas=True),
        vocoder=MiniMaxMusic3Vocoder(latent_channels=8, decoder_input_dim=16, decoder_hidden_dim=32),
    )
    pipeline.save_pretrained(str(folder), overwrite_modular_index=True)
    # The published index names the repository, not the folder that it was downloaded to.
    index = folder / "modular_model_index.json"
    index.write_text(index.read_text().replace(str(folder), MINIMAX_MUSIC.repo))


def _tokenizer() -> Any:
    """A token for each byte."""
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: number for number, symbol in enumerate(["<|endoftext|>", *alphabet])}
    return Qwen2Tokenizer(vocab=vocabulary, merges=[])
