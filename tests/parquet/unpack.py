#!/usr/bin/env python3
"""Copies a folder with its compressed files unpacked, by other means than redtrail's.

    unpack.py FOLDER TARGET
"""

import bz2
import gzip
import lzma
import os
import shutil
import sys

import pyarrow

OPENERS = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": lambda path: pyarrow.input_stream(path, compression="zstd"),
}


def main(source, target):
    for folder, _, names in os.walk(source):
        to = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(to, exist_ok=True)
        for name in names:
            stem, suffix = os.path.splitext(name)
            path = os.path.join(folder, name)
            if suffix in OPENERS:
                with OPENERS[suffix](path) as packed, open(os.path.join(to, stem), "wb") as plain:
                    shutil.copyfileobj(packed, plain)
            else:
                shutil.copy(path, to)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
