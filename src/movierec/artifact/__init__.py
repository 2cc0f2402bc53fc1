"""The model file: a plain zip of stored arrays, a pickle that cannot run code, and checksums.

``layout``: what both sides must agree on; ``reading`` and ``writing``: the two sides;
``pickling``: pickles that hold no array and run no code; ``atomic``: replacing a file whole.
"""
