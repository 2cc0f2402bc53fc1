"""Inputs that somebody made to do harm, or by mistake."""
