"""ACE-Step's planner in small: the same classes with random weights, laid out as a download leaves them.

Free of pytest.
"""

from pathlib import Path
from typing import Any

from generation.diffusion.catalog import ACE_STEP_PLANNER, Part
from generation.tests.tiny_models import COMMIT

# Fewer than the tokens that there are for codes, as with the published one.
CODEBOOK = 16
TOKENS = 20
# A chat in the marks of Qwen, whose assistant has the floor at the end.
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def download_tiny_planner(cache_dir: Path) -> str:
    """Lay the planner out in `cache_dir` as `loading.download` would, and return its revision."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(2)
        _writer(_snapshot(ACE_STEP_PLANNER.writer, cache_dir))
        _codes(_snapshot(ACE_STEP_PLANNER.codes, cache_dir))
    return f"{COMMIT}+{COMMIT}"


def _snapshot(part: Part, cache_dir: Path) -> Path:
    repository = cache_dir / f"models--{part.repo.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for note in (repository / "refs" / "main", cache_dir / "downloaded" / part.name):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(COMMIT)
    return snapshot


def _writer(folder: Path) -> None:
    tokenizer = planner_tokenizer()
    # Without the head, which has the weights of the embedding: so is the published one.
    tiny_writer(len(tokenizer)).model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tiny_writer(tokens: int) -> Any:
    """A language model that knows so many tokens, and a few that nobody has."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=tokens + 7,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        tie_word_embeddings=True,
        initializer_range=0.4,
    )
    return Qwen3ForCausalLM(config).eval()


def planner_tokenizer(codes: int = TOKENS) -> Any:
    """A tokenizer of bytes, with tokens for so many codes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = {symbol: number for number, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(alphabet, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|endoftext|>", eos_token="<|im_end|>", chat_template=CHAT
    )
    made.add_tokens(
        ["<|im_start|>", *(f"<|audio_code_{code}|>" for code in range(codes))], special_tokens=True
    )
    made.add_tokens(["<think>", "</think>"])
    return made


def _codes(folder: Path) -> None:
    from diffusers.pipelines.ace_step.modeling_ace_step import (
        AceStepAudioTokenDetokenizer,
        AceStepAudioTokenizer,
    )

    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "audio_acoustic_hidden_dim": 8,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    tokenizer = AceStepAudioTokenizer(fsq_dim=32, fsq_input_levels=[4, 4], **sizes)
    tokenizer.save_pretrained(folder / "audio_tokenizer")
    AceStepAudioTokenDetokenizer(**sizes).save_pretrained(folder / "audio_token_detokenizer")
