"""The press: many notices of one shape, each set in a few thousandths of a second.

WeasyPrint lays each shape of letter out once; later letters of the shape only have their own
values shaped and set. Whatever is not provably the same as the full layout (`rendering.paper`)
goes to the full layout and is counted. `standing()` is the door that everybody prints through.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from functools import lru_cache

from enforcement.rendering import paper
from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.geometry import Mark
from enforcement.rendering.paper import Rendered
from enforcement.rendering.press.blanks import Blanks, Slot, blank_letter, plain, pressable
from enforcement.rendering.press.cuts import Misfit
from enforcement.rendering.press.ink import Face, Inker, script_of
from enforcement.rendering.press.seams import usable
from enforcement.rendering.press.shape import Shape
from enforcement.rendering.templates import folder_sha256, paper_version

Printed = tuple[str, bytes, tuple[Mark, ...]]
Measures = dict[str, tuple[Face, float] | None]  # where a kind of value may wrap: look and room
Pieces = list[tuple[str, ...]]  # the lines that each value takes

_paper_version = lru_cache(64)(paper_version)  # one file read less for each letter


class Press:
    """Prints notices. `pressed` and `reasons` count how each letter was made.

    `on=False`, or another version of WeasyPrint than the one the press knows, means the full
    layout for every letter. `shapes` is how many shapes are kept; the oldest unused goes first.
    One press may be used by several threads.
    """

    def __init__(self, on: bool = True, shapes: int = 64) -> None:
        self.on = on and usable()
        self.pressed = 0
        self.reasons: Counter[str] = Counter()
        self._keep = shapes
        self._shapes: OrderedDict[object, Shape | str] = OrderedDict()
        self._measures: dict[object, Measures] = {}
        self._inkers: dict[str, Inker] = {}

    @property
    def full(self) -> int:
        """How many letters went to the full layout."""
        return self.reasons.total()

    def render(self, facts: NoticeFacts, large: bool = False) -> Rendered:
        """Return the notice as `paper.render` does: the same page, tags, words and attachment.

        `large` print is laid out in full. Refuses what `paper.render` refuses.
        """
        printed = self._pressed(facts, large)
        if printed is None:
            return paper.render(facts, large)
        return paper.checked(facts, *printed)

    def warm(self, facts: NoticeFacts) -> None:
        """Get ready for letters like this one, so that nobody waits for the first of them."""
        if self.on:
            with paper.layout_lock:
                self._press_or_say(facts)

    def _pressed(self, facts: NoticeFacts, large: bool) -> Printed | None:
        if not self.on or large:
            printed: Printed | str = "large print" if large else "the press is off"
        else:
            with paper.layout_lock:
                printed = self._press_or_say(facts)
        if isinstance(printed, str):
            self.reasons[printed.partition(":")[0]] += 1
            return None
        self.pressed += 1
        return printed

    def _press_or_say(self, facts: NoticeFacts) -> Printed | str:
        try:
            return self._press(facts)
        except Misfit as why:
            return str(why)

    def _press(self, facts: NoticeFacts) -> Printed:
        if not pressable(facts):
            raise Misfit("a kind of notice, or words, that are not pressed")
        blanks = Blanks()
        blank = blank_letter(facts, blanks)
        values = blanks.slots
        if not plain(values):
            raise Misfit("an empty value, or spaces that fold")
        held = paper.attached_text(facts)
        script = script_of(_letters(facts, held))
        if script is None:
            raise Misfit("a letter of a rarer alphabet")
        known = self._measured(blank, values, script)
        pieces = _pieces(self._inker(facts), values, known)
        shape = self._shape(blank, script, pieces, known)
        sheet = shape.fill([slot.text for slot in values], pieces)
        return sheet.html, shape.file(sheet, facts.dated, held.encode()), sheet.marks

    def _inker(self, facts: NoticeFacts) -> Inker:
        version = _paper_version(facts.kind, facts.template_version)
        if version not in self._inkers:
            self._inkers[version] = Inker(version)
        return self._inkers[version]

    def _measured(self, blank: NoticeFacts, values: Sequence[Slot], script: str) -> Measures:
        """Return where values may wrap, learnt from a letter whose values take one line each."""
        known = self._measures.setdefault((blank.kind, blank.template_version, blank.language), {})
        if any(slot.kind not in known for slot in values):
            shape = self._shape(blank, script, [], {})
            known.update(dict.fromkeys(shape.kinds, None) | _measures(shape))
        return known

    def _shape(self, blank: NoticeFacts, script: str, pieces: Pieces, measures: Measures) -> Shape:
        """Return the shape of a letter whose values take the lines in `pieces`.

        Refuses Misfit when it cannot be pressed.
        """
        counts = tuple(map(len, pieces))
        key = (blank, script, counts if max(counts, default=1) > 1 else ())
        shape = self._shapes.get(key)
        if shape is None:
            self._shapes[key] = shape = self._compiled(blank, script, key[2], measures)
            if len(self._shapes) > self._keep:
                self._shapes.popitem(last=False)
        self._shapes.move_to_end(key)
        if isinstance(shape, str):
            raise Misfit(shape)
        return shape

    def _compiled(
        self, blank: NoticeFacts, script: str, counts: Sequence[int], measures: Measures
    ) -> Shape | str:
        """Return the shape, proven on a second letter, or why there is none."""
        if blank.template_sha256 not in ("", folder_sha256(blank.kind, blank.template_version)):
            return "the template is not the one of the draft"
        inker = self._inker(blank)

        def width(kind: str) -> int:
            face, room = measures[kind] or (None, 0.0)
            return int(0.75 * room / inker.ink(face, "n")[0]) - 6 if face else 0

        def made(proof: bool) -> tuple[NoticeFacts, list[Slot], Pieces]:
            letter, shown = blank_letter(blank, Blanks(counts, width, proof)), Blanks()
            blank_letter(letter, shown)
            return letter, shown.slots, _pieces(inker, shown.slots, measures)

        try:
            letter, slots, pieces = made(proof=False)
            shape = Shape(letter, script, slots, pieces, inker)
            shape.prove(*made(proof=True))
        except Misfit as why:
            return str(why)
        return shape


def _letters(facts: NoticeFacts, held: str) -> set[str]:
    """Return all letters of the facts; `held` is their JSON, in which a few are written apart."""
    if "\\" in held:
        return set("".join(paper.strings(facts.to_json())))
    return set(held) - {"\n"}


def _pieces(inker: Inker, values: Sequence[Slot], measures: Measures) -> Pieces:
    return [
        inker.lines(measure[0], slot.text, measure[1])
        if (measure := measures.get(slot.kind))
        else (slot.text,)
        for slot in values
    ]


def _measures(shape: Shape) -> Measures:
    """Return where the values of a shape may wrap: alone on a line, in one look and width."""
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


_STANDING = {True: Press(on=True), False: Press(on=False)}


def standing(on: bool) -> Press:
    """Return this process's one press, warm from whatever it printed before."""
    return _STANDING[on]
