"""The press: many notices of one shape, each set in a few thousandths of a second.

WeasyPrint lays each shape of letter out once; later letters of the shape only have their own
values shaped and set. Whatever is not provably the same as the full layout (`rendering.paper`)
goes to the full layout and is counted.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence

from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.geometry import Mark
from enforcement.rendering.paper import Rendered
from enforcement.rendering.press.blanks import Blanks, Slot, blank_letter, slots
from enforcement.rendering.press.cuts import Misfit
from enforcement.rendering.press.ink import Face, Inker, script_of, usable
from enforcement.rendering.press.shape import Shape

Printed = tuple[str, bytes, tuple[Mark, ...]]
Measures = dict[str, tuple[Face, float] | None]  # where a kind of value may wrap: look and room


class Press:
    """Prints notices. `pressed` and `reasons` count how each letter was made.

    `on=False`, or another version of WeasyPrint than the one the press knows, means the full
    layout for every letter. `shapes` is how many shapes are kept; the oldest unused goes first.
    """

    def __init__(self, on: bool = True, shapes: int = 64) -> None:
        self.on = on and usable()
        self.pressed = 0
        self.reasons: Counter[str] = Counter()
        self._keep = shapes
        self._shapes: OrderedDict[object, Shape | str] = OrderedDict()
        self._measures: dict[object, Measures] = {}
        self._made: Inker | None = None

    @property
    def full(self) -> int:
        """How many letters went to the full layout."""
        return self.reasons.total()

    @property
    def _inker(self) -> Inker:
        if self._made is None:
            self._made = Inker()
        return self._made

    def render(self, facts: NoticeFacts) -> Rendered:
        """Return the notice as `paper.render` does: the same page, tags, words and attachment.

        Refuses what `paper.render` refuses.
        """
        printed = self._pressed(facts)
        if printed is None:
            return paper.render(facts)
        rendered = paper.checked(facts, *printed)
        self.pressed += 1
        return rendered

    def _pressed(self, facts: NoticeFacts) -> Printed | None:
        try:
            if not self.on:
                raise Misfit("the press is off")
            with paper.layout_lock:
                return self._press(facts)
        except Misfit as why:
            self.reasons[str(why).partition(":")[0]] += 1
            return None

    def _press(self, facts: NoticeFacts) -> Printed:
        values = slots(facts)
        if values is None:
            raise Misfit("a kind of notice, or words, that are not pressed")
        script = script_of(set("".join(paper.strings(facts.to_json()))))
        if script is None:
            raise Misfit("a letter of a rarer alphabet")
        measures = self._measured(facts, values, script)
        pieces = self._pieces(values, measures)
        shape = self._shape(facts, script, measures)
        sheet = shape.fill([slot.text for slot in values], pieces)
        return sheet.html, shape.file(facts, sheet), sheet.marks

    def _measured(self, facts: NoticeFacts, values: Sequence[Slot], script: str) -> Measures:
        """Return where values may wrap, learnt from a letter whose values take one line each."""
        known = self._measures.setdefault((facts.kind, facts.template_version, facts.language), {})
        if any(slot.kind not in known for slot in values):
            shape = self._shape(facts, script, {})
            known.update(dict.fromkeys(shape.kinds, None) | _measures(shape))
        return known

    def _pieces(self, values: Sequence[Slot], measures: Measures) -> list[tuple[str, ...]]:
        return [
            self._inker.lines(measure[0], slot.text, measure[1])
            if (measure := measures.get(slot.kind))
            else (slot.text,)
            for slot in values
        ]

    def _shape(self, facts: NoticeFacts, script: str, measures: Measures) -> Shape:
        def lines(kind: str, value: str) -> int:
            measure = measures.get(kind)
            return len(self._inker.lines(measure[0], value, measure[1])) if measure else 1

        def width(kind: str) -> int:
            measure = measures[kind]
            assert measure is not None, "only a measured value takes several lines"  # noqa: S101 - for mypy
            letter, _ = self._inker.ink(measure[0], "n")
            return int(0.75 * measure[1] / letter) - 6

        blank = blank_letter(facts, Blanks(lines, width))
        key = (blank, script)
        shape = self._shapes.get(key)
        if shape is None:
            proof = blank_letter(facts, Blanks(lines, width, proof=True))
            self._shapes[key] = shape = self._compiled(blank, proof, script, measures)
            if len(self._shapes) > self._keep:
                self._shapes.popitem(last=False)
        self._shapes.move_to_end(key)
        if isinstance(shape, str):
            raise Misfit(shape)
        return shape

    def _compiled(
        self, blank: NoticeFacts, proof: NoticeFacts, script: str, measures: Measures
    ) -> Shape | str:
        """Return the shape, proven on a second letter, or why there is none."""
        try:
            made, tried = slots(blank) or (), slots(proof) or ()
            shape = Shape(blank, script, made, self._pieces(made, measures), self._inker)
            shape.prove(proof, tried, self._pieces(tried, measures))
        except Misfit as why:
            return str(why)
        return shape


def _measures(shape: Shape) -> Measures:
    found: dict[str, set[tuple[Face, float]]] = {}
    fixed: set[str] = set()
    for line in shape.lines:
        for piece in line.pieces:
            numbers = [part for part in piece.cut if isinstance(part, int)]
            kinds = {shape.kinds[number] for number in numbers}
            wraps = len(line.pieces) == 1 and len(piece.cut) == 1 and not line.to_right
            if wraps and piece.face.style["white_space"] == "normal":
                for kind in kinds:
                    found.setdefault(kind, set()).add((piece.face, line.room))
            else:
                fixed |= kinds
    return {
        kind: next(iter(places))
        for kind, places in found.items()
        if kind not in fixed and len(places) == 1
    }
