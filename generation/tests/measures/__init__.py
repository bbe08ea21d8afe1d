"""What can be measured of music, each measure with what must fail it. None of them proves taste."""
