"""Types that structured output is asked for, of every kind this package reads."""

from __future__ import annotations

import dataclasses
import enum
from datetime import date
from typing import Annotated, Any, Generic, Literal, Optional, TypedDict, TypeVar

import msgspec
import pydantic
from typing_extensions import NotRequired

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Step(msgspec.Struct):
    """One thing to do."""

    text: str
    minutes: int = 0


class Recipe(msgspec.Struct):
    """A recipe."""

    title: Annotated[str, msgspec.Meta(description="Its name", min_length=1)]
    steps: list[Step]
    best: Annotated[Step, msgspec.Meta(description="The best step")]
    colour: Colour
    kind: Literal["soup", "cake"]
    made: Optional[date] = None  # noqa: UP045  # the older spelling must be read too
    servings: int = 4


class Tree(msgspec.Struct, rename="camel", frozen=True):
    node_name: str
    left_side: Tree | None = None
    right_side: Tree | None = None


class Cat(msgspec.Struct, tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag="dog"):
    tricks: list[str]


class Home(msgspec.Struct):
    pet: Cat | Dog


class Box(msgspec.Struct, Generic[T]):
    inside: T


class Bag(msgspec.Struct):
    counts: dict[str, int]


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int = 7
    tags: list[str] = dataclasses.field(default_factory=list)


class City(TypedDict):
    name: str
    people: NotRequired[int]


class User(pydantic.BaseModel):
    name: str
    mail: str = pydantic.Field(alias="e-mail")
    friends: list[User] = []


class Letter(pydantic.BaseModel):
    to: User
    pages: int = pydantic.Field(ge=1, default=1)


class Post(msgspec.Struct):
    letter: Letter
    extra: Any = None
