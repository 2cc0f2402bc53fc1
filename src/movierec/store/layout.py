"""The layout that readers and writers of model files share.

The arrays are uncompressed and aligned, so a query maps the file and reads a few pages of it.
The last member has a CRC-32 for each page of the file before it. A page is checked when it is
first read, and a small file is checked completely when it is opened. A changed byte is therefore
detected before it can change an answer, at a cost that does not grow with the model.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

FORMAT = 3
META = "meta.json"
PICKLE = "model.pkl"
CHECKSUMS = "checksums.npy"
PAGE = 1 << 14  # bytes
CHECK_WHOLE_BELOW = 16 << 20  # bytes, about 6 ms of CRC-32
ALIGNMENT = 64  # bytes, a cache line
LOCAL_HEADER = struct.Struct("<4s22xHH")  # zip member: signature, length of name, of extra field


def page_checksum(content: Any, page: int, covered: int) -> int:
    """Return the CRC-32 of one page of a file.

    Parameters
    ----------
    content : bytes-like
        The whole file.
    page : int
        Number of the page, from 0.
    covered : int
        Number of bytes, from the start of the file, that have checksums.
    """
    last = min((page + 1) * PAGE, covered)
    return zlib.crc32(memoryview(content)[page * PAGE : last])
