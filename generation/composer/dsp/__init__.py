"""Signal processing that carries its state from block to block."""
