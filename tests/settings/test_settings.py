"""Settings: defaults, right values, refused values, secrets made once."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from enforcement.domain.refusals import BadInput
from enforcement.keys import kept
from enforcement.settings import Settings, settings_table

ROOT = Path(__file__).resolve().parents[2]


def test_with_nothing_set_all_is_in_the_instance_folder_and_nothing_is_made(tmp_path: Path) -> None:
    settings = Settings.read({}, checkout=tmp_path)
    instance = tmp_path / "instance"
    assert settings.instance == instance
    assert settings.database_file == instance / "enforcement.sqlite3"
    assert settings.mail_folder.parent == settings.print_folder.parent == instance
    assert settings.checkpoint_folder == instance / "checkpoints"
    assert (settings.host, settings.staff_port, settings.reply_port) == ("127.0.0.1", 8000, 8001)
    assert settings.reply_base_url == "http://127.0.0.1:8001"
    assert settings.smtp_url is None
    assert settings.clamd_address is None
    assert (settings.staff_idle, settings.staff_absolute) == (
        timedelta(minutes=30),
        timedelta(hours=12),
    )
    assert (settings.reply_idle, settings.reply_absolute) == (
        timedelta(minutes=30),
        timedelta(hours=4),
    )
    assert list(tmp_path.iterdir()) == []


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "", "ENFORCEMENT_SMTP_URL": " "}
    assert Settings.read(environ, checkout=tmp_path) == Settings.read({}, checkout=tmp_path)


def test_given_values_are_taken() -> None:
    settings = Settings.read(
        {
            "ENFORCEMENT_INSTANCE": "/srv/e",
            "DATABASE_URL": "postgresql+psycopg://officer:hidden-word@db.example.org/cases",
            "ENFORCEMENT_REPLY_PORT": "9001",
            "ENFORCEMENT_REPLY_BASE_URL": "https://reply.example.org/",
            "ENFORCEMENT_MAX_REPLY_MB": "7",
            "ENFORCEMENT_STAFF_IDLE_MINUTES": "5",
            "ENFORCEMENT_CLAMD": "127.0.0.1:3310",
        }
    )
    assert settings.keys_folder == Path("/srv/e/keys")
    assert settings.database_file is None
    assert settings.reply_base_url == "https://reply.example.org"
    assert settings.max_reply_bytes == 7 * 1024 * 1024
    assert settings.staff_idle == timedelta(minutes=5)
    assert settings.clamd_address == "127.0.0.1:3310"
    assert "hidden-word" not in settings.database_shown + repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENFORCEMENT_INSTANCE", "some/folder"),
        ("DATABASE_URL", "cases.sqlite3"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///cases.sqlite3"),
        ("DATABASE_URL", "postgresql://db.example.org/cases"),
        ("DATABASE_URL", "mysql://db.example.org/cases"),
        ("ENFORCEMENT_STAFF_PORT", "0"),
        ("ENFORCEMENT_STAFF_PORT", "65536"),
        ("ENFORCEMENT_STAFF_PORT", "-1"),
        ("ENFORCEMENT_STAFF_PORT", "eight"),
        ("ENFORCEMENT_STAFF_PORT", "８０００"),
        ("ENFORCEMENT_STAFF_PORT", "8001"),
        ("ENFORCEMENT_MAX_EVIDENCE_MB", "0"),
        ("ENFORCEMENT_STAFF_IDLE_MINUTES", "1.5"),
        ("ENFORCEMENT_REPLY_BASE_URL", "reply.example.org"),
        ("ENFORCEMENT_REPLY_BASE_URL", "https://reply.example.org/?a=b"),
        ("ENFORCEMENT_SMTP_URL", "mail.example.org:25"),
        ("ENFORCEMENT_SMTP_URL", "smtp://mail.example.org:many"),
        ("ENFORCEMENT_STAFF_SECRET", "short"),
        ("ENFORCEMENT_CHECKPOINT_KEY", "g" * 64),
        ("ENFORCEMENT_CHECKPOINT_KEY", "a" * 63),
        ("ENFORCEMENT_CLAMD", "localhost"),
    ],
)
def test_a_wrong_value_is_refused_and_the_setting_named(name: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        Settings.read({name: value})
    assert name in refused.value.sentence + refused.value.fix
    assert refused.value.fix


def test_the_two_sites_may_not_share_a_secret() -> None:
    same = "s" * 40
    with pytest.raises(BadInput, match="secrets are the same"):
        Settings.read({"ENFORCEMENT_STAFF_SECRET": same, "ENFORCEMENT_REPLY_SECRET": same})


def test_secrets_are_made_once_privately_and_all_differ(tmp_path: Path) -> None:
    settings = Settings.read({}, checkout=tmp_path)
    first, second = settings.secrets(), settings.secrets()
    assert (first.staff, first.reply, first.link) == (second.staff, second.reply, second.link)
    assert first.checkpoint.private_bytes_raw() == second.checkpoint.private_bytes_raw()
    assert len({first.staff, first.reply, first.link}) == 3
    assert first.receipt.private_bytes_raw() == second.receipt.private_bytes_raw()
    assert first.receipt.private_bytes_raw() != first.checkpoint.private_bytes_raw()
    files = sorted(path.stem for path in settings.keys_folder.iterdir())
    assert files == ["checkpoint", "link_secret", "receipt", "reply_secret", "staff_secret"]
    if os.name == "posix":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in settings.keys_folder.iterdir()}
        assert modes == {0o600}
    assert first.staff not in repr(first)


def test_given_secrets_are_used_and_no_file_is_made_for_them(tmp_path: Path) -> None:
    seed = "0f" * 32
    environ = {"ENFORCEMENT_CHECKPOINT_KEY": seed, "ENFORCEMENT_LINK_SECRET": "l" * 32}
    settings = Settings.read(environ, checkout=tmp_path)
    secrets = settings.secrets()
    assert secrets.checkpoint.private_bytes_raw().hex() == seed
    assert secrets.link == "l" * 32
    assert not (settings.keys_folder / "link_secret.key").exists()


def test_many_at_once_end_with_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "staff_secret.key"
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(kept, [path] * 64))
    assert len(made) == 1
    assert [each.name for each in path.parent.iterdir()] == ["staff_secret.key"]


def test_an_emptied_key_file_is_refused_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "link_secret.key"
    path.touch()
    with pytest.raises(BadInput, match="does not hold a secret"):
        kept(path)


def test_the_page_of_settings_says_what_the_code_says() -> None:
    page = (ROOT / "docs" / "operations" / "settings.md").read_text(encoding="utf-8")
    assert settings_table() in page


KEY = "invented-7b1d0f6e-3c2a-4f7e-9b11-0a1b2c3d4e5f-c5a1e8d2-91b7-4c3e-8f60-d4b2a9071f3e"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ENFORCEMENT_EMAIL_BY": "notify"}, "no key"),
        ({"ENFORCEMENT_LETTERS_BY": "notify"}, "no key"),
        ({"ENFORCEMENT_EMAIL_BY": "notify", "ENFORCEMENT_NOTIFY_KEY": KEY}, "no template"),
        ({"ENFORCEMENT_EMAIL_BY": "pigeon"}, "one of: mail, notify"),
        ({"ENFORCEMENT_NOTIFY_KEY": KEY[:-1]}, "whole key"),
        ({"ENFORCEMENT_NOTIFY_TEMPLATE": "letter"}, "must be like"),
        ({"ENFORCEMENT_NOTIFY_CONFIRM_EMAIL": "perhaps"}, "yes or no"),
        ({"ENFORCEMENT_NOTIFY_RETENTION_WEEKS": "79"}, "from 1 to 78"),
        ({"ENFORCEMENT_NOTIFY_POSTAGE": "third"}, "first, second"),
    ],
)
def test_settings_for_notify_are_checked(environ: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Settings.read(environ)


def test_the_key_for_notify_is_never_shown() -> None:
    settings = Settings.read({"ENFORCEMENT_LETTERS_BY": "notify", "ENFORCEMENT_NOTIFY_KEY": KEY})
    assert (settings.notify_key, settings.email_by) == (KEY, "mail")
    assert KEY[-36:] not in repr(settings)
