"""WTForms in the NHS design: a form renders itself, so templates say ``{{ form.reference() }}``.

Each field's class picks a macro of the design system. Label, hint (`description`), error, value,
length limit and choices come from the field; what only the page knows is passed in the call:

    {{ form.reason(page_heading=True) }}
    {{ form.postcode(width=10, autocomplete="postal-code") }}

Unknown options raise TypeError, because an undefined name in a template is otherwise silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import current_app, request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict
from wtforms import (
    BooleanField,
    DecimalField,
    EmailField,
    Field,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SearchField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TelField,
    TextAreaField,
)
from wtforms.meta import DefaultMeta

from enforcement.domain.refusals import Refusal
from enforcement.web.fields import BOXES, DayField, MoneyField

Params = dict[str, Any]
# What a call or a field's render_kw may say, over all kinds.
OPTIONS = frozenset(
    [
        "autocomplete",
        "classes",
        "hide_label",
        "inline",
        "inputmode",
        "label_size",
        "multiple",
        "page_heading",
        "prefix",
        "prevent_double_click",
        "rows",
        "secondary",
        "small",
        "spellcheck",
        "suffix",
        "warning",
        "width",
    ]
)
ATTRIBUTES = frozenset(
    [
        "accept",
        "aria-describedby",
        "capture",
        "data-key",
        "disabled",
        "form",
        "formnovalidate",
    ]
)


def error_anchor(field: Field) -> str:
    """The id of the element an error link must focus: the first box or choice of a field."""
    if isinstance(field, DayField):
        return f"{field.id}-{BOXES[field.wrong_box]}"
    return str(field.id)


def form_errors(form: Form) -> list[dict[str, str]]:
    """The entries of the error summary, in the order of the fields; form-wide ones come first
    and link to nothing."""
    found = [{"text": str(text), "href": ""} for text in form.form_errors]
    for field in form:
        found += [{"text": str(t), "href": f"#{error_anchor(field)}"} for t in field.errors]
    return found


def refused(refusal: Refusal) -> list[dict[str, str]]:
    """A refusal as the error summary of a page without a form shows it."""
    return [{"text": refusal.words, "href": ""}]


def put_refusal(form: Form, refusal: Refusal, *, fix: bool = True) -> None:
    """Show a refusal in its form: beside the field it is about, or above them all.

    What to do stands behind the sentence, unless the reader cannot do it (`fix` false).
    """
    words = refusal.words if fix else refusal.sentence
    if refusal.about in form:
        form[refusal.about].errors = [*form[refusal.about].errors, words]
    else:
        form.form_errors.append(words)


class NhsMeta(DefaultMeta):  # type: ignore[misc]  # wtforms has no types
    """Renders a field with the design system's macro of its kind."""

    def render_field(self, field: Field, render_kw: Mapping[str, Any]) -> Markup:
        """The field as HTML. TypeError for an option no kind of field knows."""
        if isinstance(field, HiddenField):
            return cast(Markup, super().render_field(field, dict(render_kw)))
        said = {**(field.render_kw or {}), **render_kw}
        options: Params = {}
        attributes: Params = {}
        for name, value in said.items():
            if name in OPTIONS:
                options[name] = value
            elif name.replace("_", "-") in ATTRIBUTES:
                attributes[name.replace("_", "-")] = value
            elif name not in ("maxlength", "minlength", "required"):
                raise TypeError(f"{field.name}: no field takes the option {name!r}")
        for kinds, build in _KINDS:
            if isinstance(field, kinds):
                return build(field, options, attributes)
        raise TypeError(f"{field.name}: no design for {type(field).__name__}")


class NhsForm(FlaskForm):  # type: ignore[misc]  # flask-wtf has no types
    """The base of every form: CSRF from Flask-WTF, looks from the design system."""

    class Meta(NhsMeta, FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf has no types
        """Flask-WTF's CSRF and this module's rendering."""

    @property
    def error_list(self) -> list[dict[str, str]]:
        """What the error summary shows (see `form_errors`)."""
        return form_errors(self)


class NhsSearchForm(Form):  # type: ignore[misc]  # wtforms has no types
    """A form sent by GET, such as a list's filters: read from the address, changes nothing."""

    Meta = NhsMeta

    @classmethod
    def from_address(cls, **options: Any) -> NhsSearchForm:
        """The form filled from the query of this request."""
        return cls(formdata=cast(ImmutableMultiDict[str, str], request.args), **options)


def sent_data() -> CombinedMultiDict[str, Any]:
    """What a request posted, fields and files together."""
    return CombinedMultiDict([request.files, request.form])


def _macro(place: str, name: str, params: Params) -> Markup:
    template = current_app.jinja_env.get_template(f"nhsuk/components/{place}/macro.jinja")
    return cast(Markup, getattr(template.module, name)(params))


def _text(field: Field, options: Params) -> Params:
    """Label, hint, error and name: what every kind shares."""
    label: Params = {"text": field.label.text}
    if options.get("page_heading"):
        label |= {"isPageHeading": True, "size": options.get("label_size", "l")}
    elif "label_size" in options:
        label["size"] = options["label_size"]
    if options.get("hide_label"):
        label["classes"] = "nhsuk-u-visually-hidden"
    params: Params = {"id": field.id, "name": field.name, "label": label}
    if field.description:
        params["hint"] = {"text": str(field.description)}
    if field.errors:
        params["errorMessage"] = {"text": str(field.errors[0])}
    return params


def _group(field: Field, options: Params) -> Params:
    """The shared parts of a kind that is several inputs: its label is a legend."""
    params = _text(field, options)
    legend = params.pop("label")
    if not options.get("page_heading"):
        legend.setdefault("size", "s")
    return {**params, "fieldset": {"legend": legend}}


def _value(field: Field) -> str:
    value = field._value()
    return "" if value is None else str(value)


def _passed(options: Params, *names: str) -> Params:
    return {name: options[name] for name in names if name in options}


_TYPES: tuple[tuple[type, Params], ...] = (
    (EmailField, {"type": "email", "autocomplete": "email", "spellcheck": False}),
    (TelField, {"type": "tel", "autocomplete": "tel"}),
    (SearchField, {"type": "search"}),
    (IntegerField, {"inputmode": "numeric", "width": 5}),
    (DecimalField, {"inputmode": "decimal", "width": 10}),
    (MoneyField, {"inputmode": "decimal", "width": 10, "prefix": "£"}),
)


def _input(field: Field, options: Params, attributes: Params) -> Markup:
    typed = next((params for kind, params in _TYPES if isinstance(field, kind)), {})
    passed = _passed(
        options,
        *("autocomplete", "classes", "inputmode", "prefix", "spellcheck", "suffix", "width"),
    )
    disabled = {"disabled": attributes.pop("disabled", False)}
    params = _text(field, options) | {"value": _value(field)} | typed | passed | disabled
    return _macro("input", "input", params | {"attributes": attributes})


def _password(field: Field, options: Params, attributes: Params) -> Markup:
    params = _text(field, options) | _passed(options, "autocomplete", "classes", "width")
    return _macro("password-input", "passwordInput", params | {"attributes": attributes})


def _textarea(field: Field, options: Params, attributes: Params) -> Markup:
    value = _value(field)
    # A browser drops the first newline inside a textarea: give it one to drop.
    value = f"\n{value}" if value.startswith(("\n", "\r")) else value
    params = _text(field, options) | {"value": value} | _passed(options, "classes", "rows")
    params |= {"attributes": attributes}
    limit = getattr(field.flags, "maxlength", None)
    if limit:
        return _macro("character-count", "characterCount", params | {"maxlength": limit})
    return _macro("textarea", "textarea", params)


def _choices(field: Field) -> list[Params]:
    # No question hidden behind a choice: the design system's script puts aria-expanded on the
    # radio, which ARIA does not allow there. Ask the second question on the next page, or plainly.
    items: list[Params] = []
    for choice in field.iter_choices():
        item: Params = {"value": str(choice.value), "text": str(choice.label)}
        item["checked"] = bool(choice.selected)
        said = choice.render_kw or {}
        if said.get("hint"):
            item["hint"] = {"text": str(said["hint"])}
        if said.get("divider_before"):
            items.append({"divider": str(said["divider_before"])})
        if said.get("behaviour"):
            item["behaviour"] = said["behaviour"]
        items.append(item)
    return items


def _select(field: Field, options: Params, attributes: Params) -> Markup:
    items = [
        {"value": i["value"], "text": i["text"], "selected": i["checked"]} for i in _choices(field)
    ]
    params = _text(field, options) | {"items": items} | _passed(options, "classes")
    return _macro("select", "select", params | {"attributes": attributes})


def _several(field: Field, options: Params) -> Params:
    params = _group(field, options)
    # The first input must carry the field's own id, for the error summary to focus it: that is
    # `idPrefix`. Passing `id` as well would put the id on the wrapping div.
    params["idPrefix"] = params.pop("id")
    return params | _passed(options, "classes", "inline", "small")


def _radios(field: Field, options: Params, attributes: Params) -> Markup:
    params = _several(field, options) | {"items": _choices(field)}
    return _macro("radios", "radios", params | {"attributes": attributes})


def _checkboxes(field: Field, options: Params, attributes: Params) -> Markup:
    params = _several(field, options) | {"items": _choices(field)}
    return _macro("checkboxes", "checkboxes", params | {"attributes": attributes})


def _checkbox(field: Field, options: Params, attributes: Params) -> Markup:
    item: Params = {"value": "y", "text": field.label.text, "checked": bool(field.data)}
    if field.description:
        item["hint"] = {"text": str(field.description)}
    params: Params = {"idPrefix": field.id, "name": field.name, "items": [item]}
    if field.errors:
        params["errorMessage"] = {"text": str(field.errors[0])}
    params |= _passed(options, "classes", "small")
    return _macro("checkboxes", "checkboxes", params | {"attributes": attributes})


def _day(field: Field, options: Params, attributes: Params) -> Markup:
    boxes = []
    for number, (name, value) in enumerate(zip(BOXES, field.boxes, strict=True)):
        boxes.append(
            {
                "name": field.name,
                "id": f"{field.id}-{name}",
                "label": name.capitalize(),
                "value": value,
                "width": 4 if name == "year" else 2,
                "error": bool(field.errors) and number == field.wrong_box,
            }
        )
    params = _group(field, options) | {"items": boxes}
    params.pop("name")
    return _macro("date-input", "dateInput", params | {"attributes": attributes})


def _file(field: Field, options: Params, attributes: Params) -> Markup:
    many = bool(options.get("multiple", getattr(field.widget, "multiple", False)))
    params = _text(field, options) | {"multiple": many, "attributes": attributes}
    return _macro("file-upload", "fileUpload", params)


def _button(field: Field, options: Params, attributes: Params) -> Markup:
    params: Params = {
        "text": field.label.text,
        "id": field.id,
        "name": field.name,
        "value": "y",
        "preventDoubleClick": options.get("prevent_double_click", True),
        "attributes": attributes,
    } | _passed(options, "classes", "small")
    if options.get("secondary"):
        params["variant"] = "secondary"
    if options.get("warning"):
        params["variant"] = "warning"
    return _macro("button", "button", params)


Kinds = type | tuple[type, ...]
Build = Callable[[Field, Params, Params], Markup]
# In order: the first class that fits decides, so the narrower kinds stand first.
_KINDS: tuple[tuple[Kinds, Build], ...] = (
    (SubmitField, _button),
    (DayField, _day),
    (BooleanField, _checkbox),
    (RadioField, _radios),
    (SelectMultipleField, _checkboxes),
    (SelectField, _select),
    (PasswordField, _password),
    (TextAreaField, _textarea),
    (FileField, _file),
    ((StringField, IntegerField, DecimalField), _input),
)
