"""One file that is an archive copy and accessible at once: PDF/A-3a and PDF/UA-1.

WeasyPrint writes one variant a file. PDF/A-3a is asked for, and this module adds what PDF/UA-1
wants: its identification inside the same metadata block, and the scope of each table header.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

from weasyprint.document import DocumentMetadata

VARIANT = "pdf/a-3a"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_UA = "http://www.aiim.org/pdfua/ns/id/"
_EXTENSION = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMA = "http://www.aiim.org/pdfa/ns/schema#"
_PROPERTY = "http://www.aiim.org/pdfa/ns/property#"
for _prefix, _uri in (
    ("pdfuaid", _UA),
    ("pdfaExtension", _EXTENSION),
    ("pdfaSchema", _SCHEMA),
    ("pdfaProperty", _PROPERTY),
):
    register_namespace(_prefix, _uri)


class AccessibleArchiveMetadata(DocumentMetadata):  # type: ignore[misc]  # WeasyPrint ships no types
    """Metadata that claims PDF/UA-1 beside the PDF/A variant, as PDF/A asks it to be declared."""

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """Return the RDF block with `pdfuaid:part` and the schema that explains it."""
        rdf = fromstring(super().generate_rdf_metadata(variant, version, conformance))  # noqa: S314 - our own output, written a moment ago
        claim = SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
        SubElement(claim, f"{{{_UA}}}part").text = "1"
        holder = SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
        schema = _item(SubElement(holder, f"{{{_EXTENSION}}}schemas"), "Bag")
        _texts(
            schema,
            _SCHEMA,
            schema="PDF/UA Universal Accessibility Schema",
            namespaceURI=_UA,
            prefix="pdfuaid",
        )
        part = _item(SubElement(schema, f"{{{_SCHEMA}}}property"), "Seq")
        _texts(
            part,
            _PROPERTY,
            name="part",
            valueType="Integer",
            category="internal",
            description="Part of ISO 14289 to which the file conforms",
        )
        written: bytes = tostring(rdf, encoding="utf-8")
        return written


def _item(parent: Element, kind: str) -> Element:
    group = SubElement(parent, f"{{{_RDF}}}{kind}")
    return SubElement(group, f"{{{_RDF}}}li", {f"{{{_RDF}}}parseType": "Resource"})


def _texts(parent: Element, namespace: str, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, f"{{{namespace}}}{name}").text = text


def add_header_scopes(document: Any, pdf: Any) -> None:
    """Write each header cell's scope, from the kind of row it stands in.

    A cell in a row of header cells only heads its column; any other header cell heads its row.
    """
    elements: list[Any] = [item for item in pdf.objects if isinstance(item, dict) and item.get("S")]
    cells: dict[bytes, Any] = {item.reference: item for item in elements}
    for row in elements:
        if row["S"] != "/TR":
            continue
        kinds = [cells[reference] for reference in row.get("K", ()) if reference in cells]
        headers = [cell for cell in kinds if cell["S"] == "/TH"]
        scope = "/Column" if len(headers) == len(kinds) else "/Row"
        for cell in headers:
            cell.setdefault("A", {"O": "/Table"})["Scope"] = scope
