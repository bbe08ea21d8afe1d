"""Genres as data: their files, the types they are read into, and how a brief changes them."""
