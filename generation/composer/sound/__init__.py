"""Performance and rendering: from a score to MIDI, a mix and stems."""
