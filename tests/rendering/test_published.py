"""What is published about notices is what the code makes: schema, proofs, folders."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil

import jsonschema
import pikepdf
import pytest
from publish import SCHEMA, TRIALS, schema_text

from enforcement.domain.refusals import BadInput
from enforcement.rendering import templates
from enforcement.rendering.facts import KINDS, NoticeFacts
from enforcement.rendering.paper import FACTS_FILE, render
from enforcement.rendering.samples import EVERY_KIND, sample, worst


@pytest.fixture(scope="module")
def schema():
    held = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(held)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(held, format_checker=checker)


# --- the schema ------------------------------------------------------------------------------
def test_the_published_schema_is_that_of_the_facts():
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run tests/rendering/publish.py"


def test_the_attachment_of_every_kind_fits_the_schema(kind, printed, schema):
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        held = json.loads(pdf.attachments[FACTS_FILE].get_file().read_bytes())
    assert held["kind"] == kind
    schema.validate(held)
    schema.validate(worst(kind).to_json())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "fine"),
        (("amount",), None),
        (("amount", "pence"), "238800"),
        (("dated",), "4 February 2025"),
        (("surprise",), 1),
        (("recipient", "postcode"), None),
    ],
)
def test_another_shape_does_not_fit(path, value, schema):
    plain = sample("notice_of_intent").to_json()
    place = plain
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(plain)


def test_facts_stored_before_a_part_was_known_still_read(kind, schema):
    plain = sample(kind).to_json()
    later = ("reminder", "refund", "unpaid", "giving", "template_sha256")
    older = {name: value for name, value in plain.items() if name not in later or value}
    assert NoticeFacts.from_json(older) == sample(kind)
    schema.validate(older)


# --- the folders -----------------------------------------------------------------------------
def test_every_kind_has_a_folder_a_sample_and_a_worst_case():
    assert templates.kinds() == KINDS == tuple(EVERY_KIND)
    assert all("v1" in templates.versions(kind) for kind in KINDS)
    assert templates.versions("nothing") == ()


def test_a_source_has_the_words_and_the_whole_paper(kind):
    paths = [file.path for file in templates.source(kind, "v1")]
    assert paths[0] == f"{kind}/v1/words.html"
    assert {path.rpartition("/")[2] for path in paths[1:]} == {
        *("large.css", "letter.css", "letter.html", "parts.html", "twin.html")
    }
    assert all(path.startswith("paper/v1/") for path in paths[1:])


@pytest.fixture
def copied(monkeypatch, tmp_path):
    folder = tmp_path / "notices"
    shutil.copytree(templates.TEMPLATES, folder)
    monkeypatch.setattr(templates, "TEMPLATES", folder)
    return folder


@pytest.mark.parametrize("changed", ["refund/v1/words.html", "paper/v1/large.css"])
def test_any_change_changes_the_fingerprint_and_ends_the_proof(copied, changed):
    before = templates.folder_sha256("refund", "v1")
    assert templates.unproven("refund", "v1") == ()
    with (copied / changed).open("a", encoding="utf-8") as file:
        file.write(" ")
    assert templates.folder_sha256("refund", "v1") != before
    assert templates.unproven("refund", "v1") == (
        "The template refund v1 has changed since it was proven.",
    )


def test_a_new_version_is_not_proven(copied):
    shutil.copytree(copied / "refund" / "v1", copied / "refund" / "v2")
    assert templates.versions("refund") == ("v1", "v2")
    assert templates.folder_sha256("refund", "v2") != templates.folder_sha256("refund", "v1")
    assert templates.unproven("refund", "v2") == ("There is no proof of the template refund v2.",)


def test_a_fault_in_the_proof_is_told(copied):
    held = json.loads((copied / templates.PROOFS).read_text(encoding="utf-8"))
    held["templates"]["refund"]["v1"]["proofs"]["large_print"]["faults"] = ["ua1 7.1-9: x"]
    (copied / templates.PROOFS).write_text(json.dumps(held), encoding="utf-8")
    assert templates.unproven("refund", "v1") == ("Large print: ua1 7.1-9: x",)


@pytest.mark.parametrize("text", ["<p>No paper</p>", "{# paper/v1/ and paper/v2/ #}"])
def test_words_name_one_version_of_the_paper(copied, text):
    (copied / "refund" / "v1" / "words.html").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="must name one version of the paper"):
        templates.folder_sha256("refund", "v1")


@pytest.mark.parametrize(("kind", "version"), [("refund", "v9"), ("../paper", "v1"), ("x", "v1")])
def test_an_unknown_template_is_refused(kind, version):
    with pytest.raises(BadInput, match="template"):
        templates.folder_sha256(kind, version)


def test_a_notice_drafted_in_another_wording_is_not_printed():
    now = templates.folder_sha256("refund", "v1")
    assert render(sample("refund", template_sha256=now)).pages == 1
    with pytest.raises(BadInput, match="not the one that this notice was drafted in"):
        render(sample("refund", template_sha256=hashlib.sha256(b"other").hexdigest()))


# --- the proofs ------------------------------------------------------------------------------
def test_every_template_is_proven_as_it_is_now():
    found = {
        (kind, version): templates.unproven(kind, version)
        for kind in templates.kinds()
        for version in templates.versions(kind)
    }
    assert set(found.values()) == {()}, "run tests/rendering/publish.py"


def test_a_proof_holds_every_trial():
    for held in templates.proofs().values():
        for proof in held.values():
            assert set(proof["proofs"]) == set(TRIALS)
            assert re.fullmatch(r"[0-9a-f]{64}", proof["folder_sha256"])
