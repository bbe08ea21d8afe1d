"""The built-in composer: from prompt and seed to a brief, a score and sound, on any CPU."""
