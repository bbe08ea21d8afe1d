"""Composition: from a brief to a score, by plan, chords, cast, melody and arrangement."""
