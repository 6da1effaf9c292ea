"""Structured output without a client: from a type to its JSON Schema, from text to its values.

_schema   the schema of a type
_subsets  what each dialect allows of it
_read     text to a value, and why it is none
_shapes   how the values of a type grow
_growth   text in pieces to a growing value
"""
