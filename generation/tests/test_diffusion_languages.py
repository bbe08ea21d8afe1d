"""The language of lyrics."""

import pytest

from generation.diffusion.languages import language_of


@pytest.mark.parametrize(
    ("lyrics", "language"),
    [
        ("[Verse]\nI walk alone and the rain is falling", "en"),
        ("Ich geh allein und der Regen fällt auf mich", "de"),
        ("Je marche dans la pluie et tu es là", "fr"),
        ("Camino por la lluvia y tú no estás con el sol", "es"),
        ("Cammino sotto il cielo che non ha una fine", "it"),
        ("Eu ando na chuva e você não está com uma luz", "pt"),
        ("雨の夜に", "ja"),
        ("雨夜", "zh"),
        ("비 오는 밤", "ko"),
        ("Дождливая ночь", "ru"),
        ("Βροχερή νύχτα", "el"),
        ("לילה גשום", "he"),
        ("ليلة ممطرة", "ar"),
        ("बरसाती रात", "hi"),
        ("คืนฝนตก", "th"),
        ("[雨]\nIch und du", "de"),
        ("you und ich, ich und du", "de"),
        ("[Verse]\nla la la", "unknown"),
        ("[the and you]", "unknown"),
    ],
)
def test_script_and_common_words_tell(lyrics, language):
    assert language_of(lyrics) == language
