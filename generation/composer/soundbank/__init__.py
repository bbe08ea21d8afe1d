"""Recorded instruments, a small SF3 file each, cut from Fluid (R3) Mono GM by `cut.py`. See LICENSE.txt."""
