"""Whether genres can be told apart by how they sound."""

from collections.abc import Sequence

import numpy as np

from generation.tests.measures.hearing import Matrix


def nearest_share(numbers: Matrix, labels: Sequence[str]) -> float:
    """The share of pieces whose nearest neighbour is of their own genre, each number in its own spread."""
    return float(np.mean([own == other for own, other in neighbours(numbers, labels)]))


def neighbours(numbers: Matrix, labels: Sequence[str]) -> list[tuple[str, str]]:
    """Each piece's genre and that of its nearest neighbour."""
    scaled = (numbers - numbers.mean(axis=0)) / (numbers.std(axis=0) + 1e-9)
    distances = np.square(scaled[:, None] - scaled[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return [(labels[place], labels[int(nearest)]) for place, nearest in enumerate(distances.argmin(axis=1))]
