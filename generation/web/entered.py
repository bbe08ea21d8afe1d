"""What was entered into the form of an order, also into fields that the engine which is chosen now does not have."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import QueryDict

# Begins the name of what was entered into a field that the engine does not have.
KEPT = "kept_"
# Fields with any number of values.
LISTS = frozenset({"ignored_words"})


def values_of(data: QueryDict) -> dict[str, Any]:
    """The values that a form or an address sends, as first values for another form."""
    return {name: data.getlist(name) if is_list(name) else data[name] for name in data}


def is_list(name: str) -> bool:
    return name.removeprefix(KEPT) in LISTS


def kept_inputs(given: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The name and value of each hidden input that keeps what was entered into fields of these names."""
    values = values_of(given) if isinstance(given, QueryDict) else given
    for name in names:
        value = values.get(name) or values.get(f"{KEPT}{name}") or ()
        for each in value if is_list(name) else [value]:
            if each:
                yield f"{KEPT}{name}", each
