"""Structured output on its own, without a client: a type as a format, a text as a value of the type.

``client.chat.completions.parse`` and its siblings do all of this by themselves. The parts: ``output_type(T)``
gives the formats of the three dialects and decodes answers; ``Growth`` shows a value while its JSON arrives.

_schema   the schema of a type
_subsets  what each dialect allows of it
_read     text to a value, and why it is none
_shapes   how the values of a type grow
_growth   text in pieces to a growing value
"""

from ._growth import Growth
from ._read import CACHE_SIZE, OutputType, Reader, is_output_type, output_type, read_output, reader
from ._schema import Schema, joined, plain_schema
from ._subsets import gemini_schema

__all__ = [
    "CACHE_SIZE",
    "Growth",
    "OutputType",
    "Reader",
    "Schema",
    "gemini_schema",
    "is_output_type",
    "joined",
    "output_type",
    "plain_schema",
    "read_output",
    "reader",
]
