"""The mutants of a module: all single small changes to its source that still compile.

Each is an edit of the text at one node of the syntax tree; the rest of the file stays as it is. Left alone
is what no test should hold: docstrings and other text, annotations, ``__slots__`` and ``__all__``, options
of classes and decorators, log calls, and what stands inside ``raise``.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.Pow: ast.Mult,
}  # fmt: skip
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}
UNTESTED_NAMES = {"__slots__", "__all__", "__module__", "__match_args__"}
LOGS = {"log", "_log", "logger", "logging", "warnings"}
SHOWN = 90


class Mutant(NamedTuple):
    """One change: the characters of *source* that are replaced, as bytes from *start* to *end*."""

    line: int
    where: str  # the line it is in, stripped
    old: str
    new: str
    source: str

    @property
    def change(self) -> str:
        """What a reader sees, and what ``equivalent`` knows it by."""
        return f"{_shown(self.old)}  ->  {_shown(self.new)}"


class _Edit(NamedTuple):
    node: ast.stmt | ast.expr
    new: str


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of the module text *source*, in the order of the file."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for node, new in _edits(ast.parse(source), inside=False):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        text = source.encode()
        changed = (text[:start] + new.encode() + text[end:]).decode()
        if _compiles(changed):
            where = lines[node.lineno - 1].decode().strip()
            found.append(Mutant(node.lineno, where, text[start:end].decode(), new, changed))
    return found


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 3] + "..."


def _edits(node: ast.AST, *, inside: bool) -> Iterator[_Edit]:
    """The edits in and below *node*; ``inside`` a function, statements can be taken out."""
    if _left_alone(node):
        return
    if isinstance(node, ast.stmt):
        yield from _of_statement(node, inside)
    elif isinstance(node, ast.expr):
        yield from _of_expression(node)
    if isinstance(node, ast.comprehension):
        for condition in node.ifs:
            yield _Edit(condition, f"(not ({ast.unparse(condition)}))")
    inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in _children(node):
        yield from _edits(child, inside=inside)


def _left_alone(node: ast.AST) -> bool:
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id in UNTESTED_NAMES for target in node.targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return isinstance(node.func.value, ast.Name) and node.func.value.id in LOGS
    return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Without annotations, decorators, options of classes and the errors that are raised."""
    skipped = {"annotation", "returns", "decorator_list"}
    if isinstance(node, ast.Raise):
        skipped |= {"exc", "cause"}
    elif isinstance(node, ast.ClassDef):
        skipped |= {"bases", "keywords"}
    for name, value in ast.iter_fields(node):
        if name not in skipped:
            parts = value if isinstance(value, list) else [value]
            yield from (part for part in parts if isinstance(part, ast.AST))


def _of_statement(node: ast.stmt, inside: bool) -> Iterator[_Edit]:
    if isinstance(node, ast.If):
        yield _Edit(node.test, f"(not ({ast.unparse(node.test)}))")
    elif isinstance(node, ast.Break):
        yield _Edit(node, "continue")
    elif isinstance(node, ast.Continue):
        yield _Edit(node, "break")
    elif isinstance(node, ast.AugAssign):
        yield from _other_operator(node)
    if inside and _can_go(node):
        yield _Edit(node, "pass")


def _can_go(node: ast.stmt) -> bool:
    """Whether the function can run on without it; the loss of a local name would be noticed by anything."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, (ast.Call, ast.Await)) and not _left_alone(node.value)
    if isinstance(node, ast.Assign):
        return not all(isinstance(target, (ast.Name, ast.Tuple)) for target in node.targets)
    if isinstance(node, ast.Return):
        return node.value is not None
    return isinstance(node, (ast.AugAssign, ast.Raise, ast.Delete))


def _of_expression(node: ast.expr) -> Iterator[_Edit]:
    if isinstance(node, ast.Compare):
        yield from _other_comparisons(node)
    elif isinstance(node, ast.BoolOp):
        yield from _other_logic(node)
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, (ast.Not, ast.USub)):
            yield _Edit(node, f"({ast.unparse(node.operand)})")
    elif isinstance(node, ast.BinOp):
        yield from _other_operator(node)
    elif isinstance(node, ast.IfExp):
        yield _Edit(node.test, f"(not ({ast.unparse(node.test)}))")
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node)
    elif isinstance(node, ast.Name) and node.id in TWINS:
        yield _Edit(node, TWINS[node.id])


def _other_comparisons(node: ast.Compare) -> Iterator[_Edit]:
    for place, operator in enumerate(node.ops):
        other = copy.deepcopy(node)
        other.ops[place] = COMPARISONS[type(operator)]()
        yield _Edit(node, f"({ast.unparse(other)})")


def _other_logic(node: ast.BoolOp) -> Iterator[_Edit]:
    """``and`` for ``or``, and each operand left out: a guard that nobody needs is found so."""
    other = copy.copy(node)
    other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _Edit(node, f"({ast.unparse(other)})")
    for place in range(len(node.values)):
        fewer = copy.copy(node)
        fewer.values = node.values[:place] + node.values[place + 1 :]
        yield _Edit(node, f"({ast.unparse(fewer if len(fewer.values) > 1 else fewer.values[0])})")


def _other_operator(node: ast.BinOp | ast.AugAssign) -> Iterator[_Edit]:
    if type(node.op) in ARITHMETIC:
        other = copy.copy(node)
        other.op = ARITHMETIC[type(node.op)]()
        text = ast.unparse(other)
        yield _Edit(node, f"({text})" if isinstance(node, ast.BinOp) else text)


def _other_constants(node: ast.Constant) -> Iterator[_Edit]:
    if isinstance(node.value, bool):
        yield _Edit(node, repr(not node.value))
    elif isinstance(node.value, (int, float)):
        yield _Edit(node, repr(node.value + 1))
        yield _Edit(node, repr(node.value - 1))
