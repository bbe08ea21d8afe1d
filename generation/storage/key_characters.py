"""What there cannot be in the keys of an S3 service."""


def odd_character(key: str) -> str:
    """What is inside a key that no service puts there, as the rest of a sentence; "" where there is nothing."""
    for character in key:
        if character in "\r\n":
            return "a line break"
        if character.isspace():
            return "a blank"
        if not (character.isascii() and character.isprintable()):
            return f"the character U+{ord(character):04X}"
    return ""
