"""Words of which prompts and titles are put together: common ones, and one that hardly any track has."""

MOODS = ("calm", "dark", "bright", "rainy", "dusty", "slow", "golden", "distant", "warm", "restless", "late")
THINGS = ("night", "train", "harbour", "garden", "city", "winter", "letters", "sunrise", "river", "rooftop")
SOUNDS = (
    "soft piano",
    "brushed drums",
    "a deep bass",
    "vinyl crackle",
    "strings",
    "a lone saxophone",
    "pads",
)
RARE = "zanzibar"
