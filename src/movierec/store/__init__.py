"""Model files: a plain zip of uncompressed arrays, a pickle that cannot run code, and checksums.

``layout`` defines what ``reading`` and ``writing`` share; ``pickling`` makes pickles that hold no
arrays and cannot run code; ``atomic`` replaces a file in one step.
"""
