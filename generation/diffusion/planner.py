"""ACE-Step 1.5's planner: a language model that settles tempo, key and form, and writes five codes a second.

Without it the diffusion begins from silence; with it from latents that the codes stand for. Prompts and sampling are
those of github.com/ace-step/ACE-Step-1.5 (acestep/llm_inference.py, GenerationParams in acestep/inference.py).
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from generation.diffusion.devices import model_dtype, seeded
from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.plan_text import (
    CAPTION,
    CHOICES,
    FIELDS,
    INSTRUCTION,
    NO_REQUEST,
    NO_THOUGHT,
    Plan,
    asked_fields,
    finished_caption,
    planned,
    read_caption,
    request_text,
    thought,
)
from generation.diffusion.prompts import AceStepWords

CODES_PER_SECOND: Final = 5
TEMPERATURE: Final = 0.85
TOP_P: Final = 0.9
# Of the codes alone: with guidance the text breaks off early (as upstream found).
GUIDANCE: Final = 2.0
CAPTION_TOKENS: Final = 512

# Called before every token, with the part of the codes that is written. May raise to stop.
OnToken = Callable[[float], None]


class Planner:
    """The planner in memory. Not to be used by two threads at once.

    Codes are written for `songs` songs at once, however many are asked for: the arithmetic of a GPU differs with the
    size of a batch, and one code that differs makes all that follow differ.
    """

    def __init__(self, model: Any, tokenizer: Any, *, codebook: int, songs: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._songs = songs
        self._codes = self._code_tokens(codebook)

    @classmethod
    def load(cls, folder: Path, *, device: str, later: str, codebook: int, songs: int) -> Self:
        """From a folder on this machine, to be moved to `later`; `codebook` codes are known to what reads them.

        Raises ModelUnavailable where the folder holds another kind of model.
        """
        model, loading_info = AutoModelForCausalLM.from_pretrained(
            folder, dtype=model_dtype(later), local_files_only=True, output_loading_info=True
        )
        if loading_info["missing_keys"]:
            raise ModelUnavailable(
                f"The planner in {folder} has no weights for {sorted(loading_info['missing_keys'])[0]}."
            )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return cls(model.to(device).eval(), tokenizer, codebook=codebook, songs=songs)

    def move_to(self, device: str) -> None:
        """Put the model into the memory of another device."""
        self._model.to(device)

    def plan(self, words: AceStepWords, seconds: int, seeds: Sequence[int], on_token: OnToken) -> list[Plan]:
        """A plan for each seed. They differ in their codes alone: what is chosen depends on what was asked."""
        with torch.inference_mode():
            fields = self._fields(words, seconds, lambda: on_token(0.0))
            said = self._chat(request_text(words)) + thought(fields)
            codes = self._written(said, seconds * CODES_PER_SECOND, seeds, on_token)
        return [planned(words, seconds, fields, each) for each in codes]

    def _fields(self, words: AceStepWords, seconds: int, listen: Callable[[], None]) -> dict[str, Any]:
        """All fields of the thought, those that were not asked for as the model chooses them, one after the other."""
        asked = asked_fields(words, seconds)
        chat = self._chat(request_text(words))
        draws = _generator("plan", words, seconds)
        fields: dict[str, Any] = {}
        for name in FIELDS:
            text = chat + thought(fields, name)
            if name in asked:
                fields[name] = asked[name]
            elif name == CAPTION:
                fields[name] = self._caption(text, draws, listen) or words.caption
            else:
                # The language is no matter of taste: the likeliest.
                dice = None if name == "language" else draws
                value = self._choice(text, CHOICES[name], dice, listen)
                fields[name] = int(value) if value.isdigit() else value
        return fields

    def _choice(
        self, text: str, choices: Sequence[str], draws: torch.Generator | None, listen: Callable[[], None]
    ) -> str:
        """One of the choices, as the model goes on after the text. Without draws the likeliest at every token."""
        spelled = {choice: self._encoded(f" {choice}\n") for choice in choices}
        reader = _Reader(self._model)
        tokens = self._encoded(text)
        place = 0
        while len(spelled) > 1:
            listen()
            [logits] = reader.read(torch.tensor([tokens]))
            allowed = sorted({each[place] for each in spelled.values()})
            [drawn] = _drawn(logits[allowed][None].float(), _uniform(draws, 1))
            tokens = [allowed[int(drawn)]]
            spelled = {choice: each for choice, each in spelled.items() if each[place] == tokens[0]}
            place += 1
        [choice] = spelled
        return choice

    def _caption(self, text: str, draws: torch.Generator, listen: Callable[[], None]) -> str:
        """A caption as the model writes it, to where it begins the next field."""
        reader = _Reader(self._model)
        tokens = self._encoded(text)
        marks = sorted(self._tokenizer.get_added_vocab().values())
        written: list[int] = []
        while len(written) < CAPTION_TOKENS:
            listen()
            [logits] = reader.read(torch.tensor([tokens]))
            logits = (
                logits[: len(self._tokenizer)]
                .float()
                .index_fill(0, torch.tensor(marks, device=logits.device), -torch.inf)
            )
            [drawn] = _drawn(logits[None], _uniform(draws, 1))
            tokens = [int(drawn)]
            written += tokens
            caption = finished_caption(self._tokenizer.decode(written))
            if caption is not None:
                return read_caption(caption)
        return read_caption(self._tokenizer.decode(written))

    def _written(
        self, said: str, count: int, seeds: Sequence[int], on_token: OnToken
    ) -> list[tuple[int, ...]]:
        """`count` codes for each seed. Where memory does not suffice for a full batch, one of these alone."""
        for songs in sorted({max(self._songs, len(seeds)), len(seeds)}, reverse=True):
            # Those that fill the batch are as any of the others, and are left out again.
            filled = [*seeds, *[seeds[-1]] * (songs - len(seeds))]
            try:
                return self._written_together(said, count, filled, on_token)[: len(seeds)]
            except torch.OutOfMemoryError:
                if songs == len(seeds):
                    raise
            torch.cuda.empty_cache()
        raise AssertionError("There is always one size to try")

    def _written_together(
        self, said: str, count: int, seeds: Sequence[int], on_token: OnToken
    ) -> list[tuple[int, ...]]:
        prompts = [self._encoded(said), self._encoded(self._chat(NO_REQUEST) + NO_THOUGHT)]
        length = max(map(len, prompts))
        codes = self._codes.to(self._model.device)
        # A stream of its own: the noise of the diffusion is drawn from the seed itself.
        draws = torch.stack([_uniform(_generator("codes", seed), count) for seed in seeds])
        reader = _Reader(self._model)
        logits = reader.read(
            torch.tensor([[0] * (length - len(each)) + each for each in prompts]),
            torch.tensor([[0] * (length - len(each)) + [1] * len(each) for each in prompts]),
        )
        logits = reader.repeat(logits, len(seeds))
        written: list[list[int]] = []
        for place in range(count):
            on_token(place / count)
            if place:
                logits = reader.read(codes[torch.tensor(written[-1])].repeat(2)[:, None])
            asked, free = logits[:, codes].float().chunk(2)
            written.append(_drawn(free + GUIDANCE * (asked - free), draws[:, place]).tolist())
        return list(zip(*written, strict=True))

    def _chat(self, text: str) -> str:
        """A chat in which this was said, to where the assistant's turn has begun."""
        said: str = self._tokenizer.apply_chat_template(
            [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": text}],
            tokenize=False,
            add_generation_prompt=True,
        )
        return said

    def _encoded(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def _code_tokens(self, codebook: int) -> torch.Tensor:
        """The token of each code, in their order."""
        known = self._tokenizer.get_vocab()
        try:
            return torch.tensor([known[f"<|audio_code_{code}|>"] for code in range(codebook)])
        except KeyError as error:
            raise ModelUnavailable(
                f"The planner has no token {error}: it is not of ACE-Step's codes."
            ) from error


class _Reader:
    """Reads tokens one after the other, for several texts at once, and keeps what it has read in memory."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache: Any = None
        self._mask: Any = None

    def read(self, tokens: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The logits (texts, vocabulary) of what follows the tokens (texts, length). `mask` 0: no token at all."""
        new = (torch.ones_like(tokens) if mask is None else mask).to(self._model.device)
        self._mask = new if self._mask is None else torch.cat([self._mask, new], dim=1)
        places = (self._mask.cumsum(1) - 1).clamp(min=0)[:, -new.shape[1] :]
        made = self._model(
            input_ids=tokens.to(self._model.device),
            attention_mask=self._mask,
            position_ids=places,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = made.past_key_values
        logits: torch.Tensor = made.logits[:, -1]
        return logits

    def repeat(self, logits: torch.Tensor, times: int) -> torch.Tensor:
        """From here on each text is there so many times, one beside the other; so are the logits."""
        self._cache.batch_repeat_interleave(times)
        self._mask = self._mask.repeat_interleave(times, dim=0)
        return logits.repeat_interleave(times, dim=0)


def _drawn(logits: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Which of the logits (texts, choices) are drawn by the numbers (texts,) from 0 to below 1; at 0 the likeliest.

    From the likeliest that have TOP_P of all probability together, made more or less alike by TEMPERATURE.
    """
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    likely = ordered.softmax(-1)
    kept = likely.cumsum(-1) - likely < TOP_P
    reached = (ordered / TEMPERATURE).softmax(-1).where(kept, 0).cumsum(-1)
    wanted = uniform.to(reached)[:, None] * reached[:, -1:]
    place = torch.searchsorted(reached, wanted, right=True).clamp(max=kept.sum(-1, keepdim=True) - 1)
    return order.gather(-1, place)[:, 0]


def _uniform(draws: torch.Generator | None, count: int) -> torch.Tensor:
    return torch.zeros(count) if draws is None else torch.rand(count, generator=draws)


def _generator(*of: object) -> torch.Generator:
    """Random numbers of what these say, and of nothing else."""
    digest = hashlib.sha256(repr(of).encode()).digest()
    return seeded(int.from_bytes(digest[:8]) >> 1)
