"""The taste page: what one or two people rated, and what they may watch; nothing is stored."""
