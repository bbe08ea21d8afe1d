"""Backups: the database first, then the audio, into one folder; and back again into an empty site."""
