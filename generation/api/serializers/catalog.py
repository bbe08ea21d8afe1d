"""Engines and genres as the API shows them."""

from typing import Any

from rest_framework import serializers


class RangeSerializer(serializers.Serializer[Any]):
    """The least and the most."""

    min = serializers.FloatField()
    max = serializers.FloatField()


class DurationSerializer(RangeSerializer):
    """Seconds, and what is taken where a request names none."""

    default = serializers.FloatField()


class LimitsSerializer(serializers.Serializer[Any]):
    """The bounds of a request's fields."""

    duration = DurationSerializer()
    variations = RangeSerializer()
    takes = RangeSerializer()
    bpm = RangeSerializer()
    seed = RangeSerializer()
    prompt_length = serializers.IntegerField(help_text="Characters.")
    title_length = serializers.IntegerField(help_text="Characters.")
    lyrics_length = serializers.IntegerField(help_text="Characters.")
    tags = serializers.IntegerField(help_text="How many.")
    tag_length = serializers.IntegerField(help_text="Characters.")


class EngineSerializer(serializers.Serializer[Any]):
    """What turns a request into music, and what it can do."""

    name = serializers.CharField(help_text="For the `engine` of a request.")
    title = serializers.CharField()
    description = serializers.CharField()
    default = serializers.BooleanField(help_text="Taken where a request names none.")
    deterministic = serializers.BooleanField(help_text="The same input gives the same samples.")
    model = serializers.CharField(allow_null=True, help_text="The AI model behind it. Null: there is none.")
    licence = serializers.CharField(allow_null=True, help_text="Under which the model is published.")
    licence_url = serializers.URLField(allow_null=True)
    licence_note = serializers.CharField(
        allow_null=True, help_text="What the licence asks of those who use the model, in a sentence."
    )
    commercial_use = serializers.BooleanField(help_text="Whether what it makes may be sold.")
    used_up_until = serializers.DateTimeField(
        allow_null=True,
        help_text="Null: it takes orders. Else the budget of the day is used up, the site's or yours, and orders are "
        "refused until then.",
    )
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), help_text="The fields of a request that it honours."
    )
    midi = serializers.BooleanField(help_text="Its tracks can be had as MIDI.")
    stems = serializers.BooleanField(help_text="Its tracks can be had as stems that add up to them.")
    genres = serializers.ListField(child=serializers.CharField(), help_text="Empty: any.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Empty: any.")
    time_signatures = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Those that each genre is played in, by the genre's name. Empty: none is honoured.",
    )
    limits = LimitsSerializer()


class EnginesSerializer(serializers.Serializer[Any]):
    """All engines of this site."""

    default = serializers.CharField()
    results = EngineSerializer(many=True)


class GenreSerializer(serializers.Serializer[Any]):
    """A genre that requests may name."""

    name = serializers.CharField(help_text="For the `genre` of a request.")
    title = serializers.CharField()
    aliases = serializers.ListField(
        child=serializers.CharField(), help_text="Words in a prompt that mean this genre."
    )


class GenresSerializer(serializers.Serializer[Any]):
    """All genres."""

    results = GenreSerializer(many=True)
