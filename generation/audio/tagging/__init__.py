"""What a file says of its music: title, artist, tempo, key, cover, written without touching a sample."""
