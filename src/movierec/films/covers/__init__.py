"""Covers of movies, drawn from what is known of them.

The most telling genre gives the ground and the color of the letters, another genre the colors of
the shapes (`palettes`), the decade the composition (`motifs`), and the title the lettering
(`lettering`). Numbers that vary come from the id and the title, so a cover never changes.
"""
