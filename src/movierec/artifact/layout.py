"""What a writer and a reader of model files agree on.

The arrays lie uncompressed and aligned, so a question maps the file and reads a few pages of it.
The last member has a CRC-32 for each page of the file before it. A page is checked when it is
first read, and a small file is checked whole when it is opened: a changed byte is noticed before
it can change an answer, and the cost of that does not grow with the model.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

FORMAT = 1
META = "meta.json"
PICKLE = "model.pkl"
CHECKSUMS = "checksums.npy"
PAGE = 1 << 14  # bytes
CHECK_WHOLE_BELOW = 16 << 20  # bytes, about 6 ms of CRC-32
ALIGNMENT = 64  # bytes, a cache line
LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a zip member: signature, length of name, of extra


def page_checksum(content: Any, page: int, covered: int) -> int:
    """Return the CRC-32 of one page of a file of which `covered` bytes have checksums."""
    last = min((page + 1) * PAGE, covered)
    return zlib.crc32(memoryview(content)[page * PAGE : last])
