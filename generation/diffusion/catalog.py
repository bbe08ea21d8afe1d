"""The open models that can be run: whose they are, under which licence, and what they can do. Free of numpy."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """What a model needs of another repository: all of it, or the `files` that these patterns name."""

    name: str
    title: str
    repo: str
    revision: str
    licence: str
    licence_url: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannerModel:
    """What plans a song before the model makes it: `writer` writes codes, `codes` makes latents of them."""

    writer: Part
    codes: Part

    @property
    def parts(self) -> tuple[Part, Part]:
        """Both, in the order in which revisions name them."""
        return (self.writer, self.codes)


@dataclass(frozen=True, slots=True)
class Model:
    """One model as it is published.

    `repo` is its name at Hugging Face and `revision` a commit, branch or tag there. Durations in seconds,
    `sample_rate` in Hz. `honours` and `description` as in `Capabilities`. `max_batch` songs are made at once where the
    memory of a 24 GB GPU allows it; `memory_mb` MiB hold the weights, and the planner's, while they are loaded. Within
    `timeout_seconds` the longest songs of an order are made, four of them, each with eight takes. A GPU that is slow
    makes `slow_speed` seconds of music in a second, as is assumed (docs/modal.md).
    `commercial`: whether the licence lets music made with it be sold, `licence_note` what it asks of those who do, in a
    sentence.
    """

    name: str
    title: str
    family: str
    repo: str
    revision: str
    licence: str
    licence_url: str
    commercial: bool
    min_duration: float
    max_duration: float
    sample_rate: int
    max_batch: int
    memory_mb: int
    timeout_seconds: int = 3600
    slow_speed: float = 5
    honours: frozenset[str] = field(default_factory=frozenset)
    planner: PlannerModel | None = None
    licence_note: str | None = None
    description: str = "An open AI model on a GPU."


# The published XL-turbo has no modules for codes; those of its sibling XL-sft are of the same codebook and latents.
ACE_STEP_PLANNER: Final = PlannerModel(
    writer=Part(
        name="acestep-5Hz-lm-1.7B",
        title="ACE-Step 1.5's planner",
        repo="ACE-Step/acestep-5Hz-lm-1.7B",
        revision="main",
        licence="MIT",
        licence_url="https://huggingface.co/ACE-Step/acestep-5Hz-lm-1.7B",
    ),
    codes=Part(
        name="acestep-v15-xl-sft-codes",
        title="ACE-Step 1.5's audio codes",
        repo="ACE-Step/acestep-v15-xl-sft-diffusers",
        revision="main",
        licence="MIT",
        licence_url="https://huggingface.co/ACE-Step/acestep-v15-xl-sft-diffusers",
        files=("audio_tokenizer/*", "audio_token_detokenizer/*"),
    ),
)
ACE_STEP: Final = Model(
    name="ace-step-1.5-xl-turbo",
    title="ACE-Step 1.5 XL-turbo",
    family="ace_step",
    repo="ACE-Step/acestep-v15-xl-turbo-diffusers",
    revision="main",
    licence="MIT",
    licence_url="https://huggingface.co/ACE-Step/acestep-v15-xl-turbo-diffusers",
    commercial=True,
    min_duration=10,
    max_duration=600,
    sample_rate=48_000,
    max_batch=4,
    memory_mb=20_480,
    honours=frozenset({"bpm", "key", "lyrics", "instrumental"}),
    planner=ACE_STEP_PLANNER,
)
STABLE_AUDIO: Final = Model(
    name="stable-audio-3-medium",
    title="Stable Audio 3 medium",
    family="stable_audio",
    repo="stabilityai/stable-audio-3-medium",
    revision="main",
    licence="Stability AI Community License",
    licence_url="https://stability.ai/community-license-agreement",
    commercial=False,
    min_duration=5,
    max_duration=380,
    sample_rate=44_100,
    max_batch=4,
    memory_mb=16_384,
    honours=frozenset({"bpm", "key"}),
)
# The licence wants the title shown, spelled like this.
MINIMAX_MUSIC: Final = Model(
    name="minimax-music-3",
    title="MiniMax-Music3",
    family="minimax_music",
    repo="MiniMaxAI/MiniMax-Music3",
    revision="main",
    licence="MiniMax-Music3 Community License",
    licence_url="https://huggingface.co/MiniMaxAI/MiniMax-Music3/blob/main/LICENSE",
    commercial=True,
    min_duration=5,
    max_duration=300,
    sample_rate=44_100,
    max_batch=1,
    memory_mb=32_768,
    timeout_seconds=10_800,
    slow_speed=1,
    honours=frozenset({"bpm", "key", "lyrics", "instrumental"}),
    licence_note=(
        "A product that earns money with it has to show the name MiniMax-Music3, and above 20 million US dollars a "
        "year needs written permission of MiniMax."
    ),
)
MUSICGEN: Final = Model(
    name="musicgen-medium",
    title="MusicGen medium",
    family="musicgen",
    repo="facebook/musicgen-medium",
    revision="main",
    licence="CC BY-NC 4.0",
    licence_url="https://creativecommons.org/licenses/by-nc/4.0/",
    commercial=False,
    min_duration=5,
    max_duration=30,
    sample_rate=32_000,
    max_batch=8,
    memory_mb=16_384,
    description="An open AI model on a GPU, no longer recommended.",
)
MODELS: Final = {model.name: model for model in (ACE_STEP, MINIMAX_MUSIC, STABLE_AUDIO, MUSICGEN)}
