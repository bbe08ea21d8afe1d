"""Makes the statistics of this folder out of collections of tunes in the public domain.

    python -m generation.composer.learned.learn CORPUS [--apart FILE]

CORPUS is the folder `music21/corpus` of the wheel music21 10.5.0 (BSD), which carries Ryan's, O'Neill's and Aird's
collections in ABC and Bach's chorales in MusicXML. Nothing of it is installed; the wheel is a zip:

    pip download --no-deps music21==10.5.0
    python -m zipfile --extract music21-10.5.0-py3-none-any.whl wheel   # CORPUS is wheel/music21/corpus

Its Essen collection of folk songs is for non-commercial use, and is not read. With `--apart` the pitches of what was
kept apart are counted into a file of their own: generation/tests/measures/kept_apart.json, which measures melodies.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from .collections_of_tunes import learned_tunes, tunes_apart
from .counting import count_arches, count_pitches, count_rhythms

ORDER_APART = 5
"""What measures looks further back than what writes: at four pitches, and the next."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="the wheel's folder music21/corpus")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="where the files go")
    parser.add_argument("--apart", type=Path, help="a file for the pitches of what is kept apart")
    options = parser.parse_args()
    kinds = learned_tunes(options.corpus)
    tunes = [tune for kind in kinds.values() for tune in kind]
    print(", ".join(f"{len(kind)} tunes of {name}" for name, kind in kinds.items()))
    _write(options.into / "pitches.json", count_pitches(tunes))
    _write(options.into / "rhythms.json", count_rhythms(kinds))
    _write(options.into / "arches.json", count_arches(tunes))
    if options.apart:
        apart = tunes_apart(options.corpus)
        print("apart: " + ", ".join(f"{len(kind)} of {name}" for name, kind in apart.items()))
        _write(options.apart, count_pitches((tune for kind in apart.values() for tune in kind), ORDER_APART))


def _write(path: Path, table: dict[str, Any]) -> None:
    lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in table.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
