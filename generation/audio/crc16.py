"""The checksum in LAME's header of an MP3."""

from functools import cache

import numpy as np

from generation.audio.blocks import BLOCK, spans

_POLYNOMIAL = 0xA001


def crc16(data: bytes) -> int:
    """CRC-16/ARC. It takes two bytes at a time, because an MP3 has millions."""
    table = _table()
    crc = 0
    words = np.frombuffer(data, "<u2", len(data) // 2)
    for start, stop in spans(len(words), BLOCK):
        for word in words[start:stop].tolist():
            crc = table[crc ^ word]
    if len(data) % 2:
        crc = _shifted(crc ^ data[-1], 8)
    return crc


@cache
def _table() -> list[int]:
    """What becomes of each value when 16 bits are shifted out of it."""
    values = np.arange(1 << 16, dtype=np.int32)
    for _ in range(16):
        values = values >> 1 ^ (values & 1) * _POLYNOMIAL
    table: list[int] = values.tolist()
    return table


def _shifted(value: int, bits: int) -> int:
    for _ in range(bits):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value
