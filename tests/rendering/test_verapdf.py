"""Every notice conforms to PDF/UA-1 and PDF/A-3a, by the verdict of veraPDF's own engine."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from publish import trial
from weasyprint import HTML

from enforcement.rendering.paper import render
from enforcement.rendering.samples import notice_of_intent
from enforcement.rendering.templates import proofs

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["sample", "worst"])
def test_every_kind_conforms_as_its_proof_says(kind, name, validate):
    _conforms(kind, name, validate)


@pytest.mark.parametrize("kind", ["notice_of_intent", "giving_certificate"])
def test_large_print_conforms_as_its_proof_says(kind, validate):
    """The other kinds, and the worst cases in large print, are tried when proofs are written."""
    _conforms(kind, "large_print", validate)


def _conforms(kind, name, validate):
    held = proofs()[kind]["v1"]["proofs"][name]
    assert trial(kind, name, "v1", validate) == held
    assert held["faults"] == []


def _no_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def _no_claim(pdf: pikepdf.Pdf) -> None:
    held = pdf.Root.Metadata.read_bytes()
    pdf.Root.Metadata.write(held.replace(b"<pdfuaid:part>1<", b"<pdfuaid:part>2<"))


def _no_colour_profile(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def _no_typeface(pdf: pikepdf.Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item:
            del item.FontFile2


def _stray_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _untagged(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_no_language, "ua1 7.2-"),
        (_no_claim, "ua1 5-2"),
        (_no_colour_profile, "3a 6.2.4.3-"),
        (_no_typeface, "3a 6.2.11.4.1-1"),
        (_stray_script, "3a 6.5.1-1"),
        (_untagged, "ua1 7.1-"),
    ],
)
def test_a_spoilt_notice_fails(spoil: Callable[[pikepdf.Pdf], None], rule, validate):
    """The validator is alive: each fault is found, and named by its rule."""
    with pikepdf.open(io.BytesIO(render(notice_of_intent()).pdf)) as pdf:
        spoil(pdf)
        spoilt = io.BytesIO()
        pdf.save(spoilt)
    assert any(line.startswith(rule) for line in validate(spoilt.getvalue()))


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("<h1>One</h1><h3>Three</h3>", "ua1 7.4.2-1"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "ua1 7.2-43"),
        ("<p><svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9v9z'/></svg></p>", "ua1 7.3-1"),
    ],
)
def test_a_template_fault_fails(words, rule, validate):
    html = f"<html lang=en><title>T</title><body>{words}<p>{'Plain words. ' * 200}</p>"
    pdf = HTML(string=html).write_pdf(pdf_variant="pdf/ua-1")
    assert any(line.startswith(rule) for line in validate(pdf, ("ua1",)))
