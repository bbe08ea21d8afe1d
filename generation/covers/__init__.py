"""Covers of pieces of music: drawn from what is known of a piece, the same every time, as SVG and as PNG."""
