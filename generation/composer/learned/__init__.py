"""What tunes in the public domain teach of pitches, rhythms and phrases: tables of numbers, without the tunes."""
