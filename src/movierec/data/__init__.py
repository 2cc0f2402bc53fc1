"""Data: from the files, folders and tables that users have to ratings and movies by index.

``dataset`` reads everything, ``discover`` finds the tables (see ``sources`` and ``formats``),
``ratings``, ``items`` and ``genome`` read one kind of table each, and ``encode`` numbers users
and items. ``personal`` reads the list of one person.
"""
