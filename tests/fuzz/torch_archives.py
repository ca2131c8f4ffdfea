"""PyTorch's own zip reader, the child process: which entry it takes, and what for.

As ``torch.load`` does it (torch/serialization.py): a ``constants.pkl`` makes it TorchScript, else
``data.pkl`` would be unpickled. Nothing is: only the bytes are asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from pathlib import Path
from typing import List, Optional

from .child import pieces


def taken(data: bytes) -> Optional[List[str]]:
    """What PyTorch takes an archive for, and the digest of its pickle; None when it fails."""
    import torch

    try:
        reader = torch._C.PyTorchFileReader(io.BytesIO(data))
        kind = "script" if "constants.pkl" in reader.get_all_records() else "plain"
        return [kind, hashlib.sha256(reader.get_record("data.pkl")).hexdigest()]
    except Exception:
        return None


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        for data in pieces(Path(line.rstrip("\n"))):
            os.write(1, json.dumps(taken(data) or []).encode() + b"\n")


if __name__ == "__main__":
    main()
