"""Reading the files that users have.

``source``: where bytes come from; ``layout``: what a file is; ``text``: its rows; ``movies`` and
``ratings``: what they say; ``dataset``: all of it together; ``frames``: the same from data frames.
"""

from movierec.readers.dataset import Dataset, read_dataset, sample_folder
from movierec.readers.frames import frames_dataset

__all__ = ["Dataset", "frames_dataset", "read_dataset", "sample_folder"]
