"""Sound sources: recorded and synthesised instruments, drum kits and textures."""
