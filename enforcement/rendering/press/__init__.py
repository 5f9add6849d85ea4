"""The press: many notices of one shape, each set in a few thousandths of a second.

WeasyPrint lays each shape of letter out once; later letters of the shape only have their own
values shaped and set. Whatever is not provably the same as the full layout (`rendering.paper`)
goes to the full layout and is counted. `standing()` is the door that everybody prints through.
"""

from __future__ import annotations

import contextlib
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
from enforcement.rendering.press.shape import Binding, Laid, Shape, Sheet
from enforcement.rendering.templates import folder_sha256, paper_version

Printed = tuple[str, bytes, tuple[Mark, ...]]
Measures = dict[str, tuple[Face, float] | None]  # where a kind of value may wrap: look and room
Pieces = list[tuple[str, ...]]  # the lines that each value takes

_paper_version = lru_cache(64)(paper_version)  # one file read less for each letter
MOST_SEEN = 10_000  # shapes counted before counting begins again


class Press:
    """Prints notices. `pressed` and `reasons` count how each letter was made.

    `on=False`, or another version of WeasyPrint than the one the press knows, means the full
    layout for every letter. `shapes` is how many shapes are kept; the oldest unused goes first. A
    shape costs as much as three letters in full, so it is made for the third letter (`met`) that
    has it, not for a rare one. One press may be used by several threads.
    """

    def __init__(self, on: bool = True, shapes: int = 128, met: int = 2) -> None:
        self.on = on and usable()
        self.pressed = 0
        self.laid = 0  # letters laid out in full, for themselves or for their shape
        self.reasons: Counter[str] = Counter()
        self._keep, self._met = shapes, met
        self._seen: Counter[int] = Counter()
        self._shapes: OrderedDict[object, Shape | str] = OrderedDict()
        self._measures: dict[object, Measures] = {}
        self._inkers: dict[str, Inker] = {}

    @property
    def full(self) -> int:
        """How many letters went to the full layout."""
        return self.reasons.total()

    def render(self, facts: NoticeFacts, large: bool = False) -> Rendered:
        """Return the notice as `paper.render` does: the same page, tags, words and attachment.

        A letter that can be pressed has the same bytes whether it was, or was laid out in full
        because few had its shape. `large` print is laid out in full. Refuses what `paper.render`
        refuses.
        """
        try:
            if not self.on or large:
                raise Misfit("large print" if large else "the press is off")
            with paper.layout_lock:
                printed = self._print(facts)
        except Misfit as why:
            self._note(why)
            return paper.render(facts, large)
        return paper.checked(facts, *printed)

    def warm(self, facts: NoticeFacts) -> None:
        """Get ready for letters like this one, so that nobody waits for the first of them."""
        if self.on:
            with paper.layout_lock, contextlib.suppress(Misfit):
                self._print(facts, at_once=True)

    def _note(self, why: Misfit) -> None:
        self.reasons[str(why).partition(":")[0]] += 1
        self.laid += 1

    def _print(self, facts: NoticeFacts, at_once: bool = False) -> Printed:
        """Return a letter that could be pressed. Refuses Misfit for one that never can."""
        if not pressable(facts):
            raise Misfit("a kind of notice, or words, that are not pressed")
        if facts.template_sha256 not in ("", folder_sha256(facts.kind, facts.template_version)):
            raise Misfit("the template is not the one of the draft")
        blanks = Blanks()
        blank = blank_letter(facts, blanks)
        if not plain(blanks.slots):
            raise Misfit("an empty value, or spaces that fold")
        held = paper.attached_text(facts)
        script = script_of(_letters(facts, held))
        if script is None:
            raise Misfit("a letter of a rarer alphabet")
        try:
            sheet, binding = self._pressed(facts, blank, blanks.slots, script, at_once)
        except Misfit as why:
            self._note(why)
            laid = Laid(facts, script)
            sheet, binding = laid.sheet, Binding(laid)
        return sheet.html, binding.file(sheet, facts.dated, held.encode()), sheet.marks

    def _pressed(
        self, facts: NoticeFacts, blank: NoticeFacts, values: Sequence[Slot], script: str,
        at_once: bool,
    ) -> tuple[Sheet, Binding]:  # fmt: skip
        known = self._measured(blank, values, script)
        pieces = _pieces(self._inker(facts), values, known)
        shape = self._shape(blank, script, pieces, known, at_once)
        sheet = shape.fill([slot.text for slot in values], pieces)
        self.pressed += 1
        return sheet, shape.binding

    def _inker(self, facts: NoticeFacts) -> Inker:
        version = _paper_version(facts.kind, facts.template_version)
        if version not in self._inkers:
            self._inkers[version] = Inker(version)
        return self._inkers[version]

    def _measured(self, blank: NoticeFacts, values: Sequence[Slot], script: str) -> Measures:
        """Return where values may wrap, learnt from a letter whose values take one line each."""
        known = self._measures.setdefault((blank.kind, blank.template_version, blank.language), {})
        if any(slot.kind not in known for slot in values):
            shape = self._kept(blank, script, (), {})
            known.update(dict.fromkeys(shape.kinds, None) | _measures(shape))
        return known

    def _shape(
        self, blank: NoticeFacts, script: str, pieces: Pieces, measures: Measures, at_once: bool
    ) -> Shape:
        """Return the shape of a letter whose values take the lines in `pieces`.

        Refuses Misfit when it cannot be pressed, or too few letters had it yet.
        """
        counts = tuple(map(len, pieces))
        if max(counts, default=1) == 1:
            counts = ()
        if not at_once and (blank, script, counts) not in self._shapes:
            self._refuse_rare(hash((blank, script, counts)))
        return self._kept(blank, script, counts, measures)

    def _refuse_rare(self, mark: int) -> None:
        if len(self._seen) > MOST_SEEN:
            self._seen.clear()
        self._seen[mark] += 1
        if self._seen[mark] < self._met:
            raise Misfit("a shape that few letters had yet")

    def _kept(
        self, blank: NoticeFacts, script: str, counts: tuple[int, ...], measures: Measures
    ) -> Shape:
        key = (blank, script, counts)
        shape = self._shapes.get(key)
        if shape is None:
            self._shapes[key] = shape = self._compiled(blank, script, counts, measures)
            self.laid += 2
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
