"""Words for moods, and how they move energy, valence and tempo."""

from typing import NamedTuple


class Mood(NamedTuple):
    """How much a word moves energy (0 to 1), valence (-1 to 1) and the tempo within its range (-1 to 1)."""

    energy: float
    valence: float
    pull: float = 0.0


_MOOD_GROUPS: tuple[tuple[Mood, str], ...] = (
    (
        Mood(-0.18, -0.6, -0.25),
        "sad melancholy melancholic sorrowful mournful grief lonely heartbroken tearful",
    ),
    (Mood(-0.08, -0.35, -0.1), "nostalgic wistful bittersweet longing rainy autumn moody blue lonesome"),
    (
        Mood(0.0, -0.5, 0.0),
        "dark ominous sinister eerie haunting gloomy menacing creepy spooky horror scary tense",
    ),
    (Mood(0.16, 0.6, 0.2), "happy cheerful joyful joyous playful sunny funny upbeat fun carefree feel-good"),
    (
        Mood(0.1, 0.45, 0.05),
        "hopeful uplifting inspiring optimistic bright triumphant warm summer spring morning",
    ),
    (Mood(0.0, 0.3, -0.1), "romantic love tender sweet gentle lovely wedding heartwarming"),
    (
        Mood(-0.24, 0.1, -0.35),
        "calm peaceful relaxing relaxed chill quiet soft smooth soothing mellow serene tranquil still",
    ),
    (
        Mood(-0.2, 0.0, -0.3),
        "sleepy sleep dreamy dream lullaby slowed ballad intimate delicate minimal sparse",
    ),
    (
        Mood(0.26, 0.0, 0.3),
        "energetic powerful intense driving hype explosive pumping wild huge loud workout running",
    ),
    (Mood(0.28, -0.45, 0.25), "aggressive angry furious brutal heavy rage violent savage"),
    (Mood(0.3, -0.3, 0.1), "epic heroic battle war dramatic massive legendary"),
    (Mood(-0.06, 0.0, -0.75), "slow slowly slower"),
    (Mood(0.1, 0.0, 0.75), "fast faster quick uptempo up-tempo rapid frantic racing"),
    (
        Mood(-0.05, -0.15, -0.1),
        "night midnight late-night nocturnal winter cold rain storm fog mysterious mystery",
    ),
    (Mood(0.05, 0.1, 0.1), "groovy funky bouncy catchy"),
)
_PHRASES: dict[str, Mood] = {
    "very slow": Mood(-0.1, 0.0, -1.0),
    "really slow": Mood(-0.1, 0.0, -1.0),
    "extremely slow": Mood(-0.1, 0.0, -1.0),
    "very fast": Mood(0.15, 0.0, 1.0),
    "really fast": Mood(0.15, 0.0, 1.0),
    "super fast": Mood(0.15, 0.0, 1.0),
    "breakneck": Mood(0.2, 0.0, 1.0),
    "slow-paced": Mood(-0.06, 0.0, -0.75),
    "fast-paced": Mood(0.1, 0.0, 0.75),
    "up tempo": Mood(0.1, 0.0, 0.75),
    "low tempo": Mood(-0.06, 0.0, -0.75),
    "high tempo": Mood(0.1, 0.0, 0.75),
}
MOODS: dict[str, Mood] = {word: mood for mood, words in _MOOD_GROUPS for word in words.split()} | _PHRASES


def mood_words(word: str) -> str:
    """What a mood changes, for people: "calmer, darker"."""
    mood = MOODS[word]
    effects = [
        (mood.energy <= -0.05, "calmer"),
        (mood.energy >= 0.05, "more energy"),
        (mood.valence <= -0.1, "darker"),
        (mood.valence >= 0.1, "brighter"),
        (mood.pull <= -0.5, "slower"),
        (mood.pull >= 0.5, "faster"),
    ]
    return ", ".join(effect for holds, effect in effects if holds) or "no change"
