"""Every setting of the product: its name, type, default and the reason for the default.

`Settings.read(environ)` is called once, at the start, by the command line and the two sites;
everything below is handed values, never the environment. Reading touches no file; the secrets
are files of their own, made once by `Settings.secrets()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from enforcement import setting_values as values
from enforcement.domain.refusals import BadInput
from enforcement.setting_values import Told
from enforcement.site_settings import SiteSettings

CHECKOUT = Path(__file__).resolve().parent.parent
MEGABYTE = values.MEGABYTE
NOTIFY_URL = "https://api.notifications.service.gov.uk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(SiteSettings):
    """All settings, checked. Sizes are bytes, times are `timedelta`, folders are absolute."""

    smtp_url: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_SMTP_URL",
            values.smtp_url,
            None,
            "none",
            "`smtp://`, `smtp+starttls://` or `smtps://`; without one no mail leaves by accident",
        ),
    ] = field(repr=False)
    email_by: Annotated[
        str,
        Told(
            "ENFORCEMENT_EMAIL_BY",
            values.one_of("mail", "notify"),
            "mail",
            "`mail`",
            "`mail`: the mail server above, or the mail folder; `notify`: GOV.UK Notify",
        ),
    ]
    letters_by: Annotated[
        str,
        Told(
            "ENFORCEMENT_LETTERS_BY",
            values.one_of("print", "notify"),
            "print",
            "`print`",
            "`print`: the print folder, posted by people; `notify`: GOV.UK Notify prints and posts",
        ),
    ]
    notify_key: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_NOTIFY_KEY",
            values.notify_key,
            None,
            "none",
            "API key of the service at GOV.UK Notify; a secret, needed when either of the two above"
            " says `notify`",
        ),
    ] = field(repr=False)
    notify_url: Annotated[
        str,
        Told(
            "ENFORCEMENT_NOTIFY_URL",
            values.web_address,
            NOTIFY_URL,
            "`https://api.notifications.service.gov.uk`",
            "the service itself; another only to try against a server of your own",
        ),
    ]
    notify_template: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_NOTIFY_TEMPLATE",
            values.uuid,
            None,
            "none",
            "id of an email template at Notify with `((subject))`, `((body))`, `((link_to_file))`",
        ),
    ]
    notify_confirm: Annotated[
        bool,
        Told(
            "ENFORCEMENT_NOTIFY_CONFIRM_EMAIL",
            values.yes_or_no,
            True,
            "`yes`",
            "whoever opens the link to the PDF types the address it was sent to: it holds the"
            " reply code",
        ),
    ]
    notify_weeks: Annotated[
        int,
        Told(
            "ENFORCEMENT_NOTIFY_RETENTION_WEEKS",
            values.weeks,
            78,
            "`78` (weeks)",
            "how long the link to the PDF works; the longest Notify allows, as cases last long",
        ),
    ]
    notify_postage: Annotated[
        str,
        Told(
            "ENFORCEMENT_NOTIFY_POSTAGE",
            values.one_of("first", "second"),
            "first",
            "`first`",
            "`first` or `second`, for letters that are not notices; second class does not give a"
            " notice (SI 2022/1175 reg 7), so notices always go first class",
        ),
    ]
    mail_folder: Annotated[
        Path,
        Told(
            "ENFORCEMENT_MAIL_FOLDER",
            values.whole_folder,
            lambda known: known["instance"] / "mail",
            "`mail` in the instance folder",
            "where mail is put, one file each, while there is no SMTP server",
        ),
    ]
    print_folder: Annotated[
        Path,
        Told(
            "ENFORCEMENT_PRINT_FOLDER",
            values.whole_folder,
            lambda known: known["instance"] / "print",
            "`print` in the instance folder",
            "where letters wait for the printer or the print supplier",
        ),
    ]
    print_file_pages: Annotated[
        int,
        Told(
            "ENFORCEMENT_PRINT_FILE_PAGES",
            values.sheaf,
            1000,
            "`1000` (pages)",
            "what a printer takes in one go",
        ),
    ]
    checkpoint_folder: Annotated[
        Path,
        Told(
            "ENFORCEMENT_CHECKPOINT_FOLDER",
            values.whole_folder,
            lambda known: known["instance"] / "checkpoints",
            "`checkpoints` in the instance folder",
            "outside the database; best on another machine, so that no one person can change both",
        ),
    ]
    max_evidence_bytes: Annotated[
        int,
        Told(
            "ENFORCEMENT_MAX_EVIDENCE_MB",
            values.megabytes,
            25 * MEGABYTE,
            "`25` (MB)",
            "a scanned letter or a month's export fits; one file of a provider's reply",
        ),
    ]
    max_reply_bytes: Annotated[
        int,
        Told(
            "ENFORCEMENT_MAX_REPLY_MB",
            values.megabytes,
            100 * MEGABYTE,
            "`100` (MB)",
            "all files of one reply together, so that one reply cannot fill the disk",
        ),
    ]
    max_import_bytes: Annotated[
        int,
        Told(
            "ENFORCEMENT_MAX_IMPORT_MB",
            values.megabytes,
            200 * MEGABYTE,
            "`200` (MB)",
            "the full monthly register of care services is well under half of it",
        ),
    ]
    staff_idle: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_STAFF_IDLE_MINUTES",
            values.minutes,
            timedelta(minutes=30),
            "`30` (minutes)",
            "a screen left alone in an office signs itself out",
        ),
    ]
    staff_absolute: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_STAFF_SESSION_MINUTES",
            values.minutes,
            timedelta(hours=12),
            "`720` (minutes, 12 hours)",
            "one working day; nobody stays signed in overnight",
        ),
    ]
    staff_confirm: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_STAFF_CONFIRM_MINUTES",
            values.minutes,
            timedelta(minutes=15),
            "`15` (minutes)",
            "approving a notice or recording a decision asks for the password again after this "
            "long (ASVS 7.5.3)",
        ),
    ]
    reply_idle: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_REPLY_IDLE_MINUTES",
            values.minutes,
            timedelta(minutes=30),
            "`30` (minutes)",
            "a shared computer in a care home; what was typed is kept as a draft",
        ),
    ]
    reply_absolute: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_REPLY_SESSION_MINUTES",
            values.minutes,
            timedelta(hours=4),
            "`240` (minutes, 4 hours)",
            "long enough to find the evidence in one sitting",
        ),
    ]
    clamd_address: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_CLAMD",
            values.socket_address,
            None,
            "none",
            "virus scanner, `host:port` or a socket's path; without one, files say “not scanned”",
        ),
    ]
    press: Annotated[
        bool,
        Told(
            "ENFORCEMENT_PRESS",
            values.yes_or_no,
            True,
            "`yes`",
            "sets standard letters from shapes already laid out; `no` lays each letter out in full:"
            " the same pages, slower",
        ),
    ]

    @classmethod
    def read(cls, environ: Mapping[str, str], *, checkout: Path = CHECKOUT) -> Settings:
        """Every setting from the environment, defaults filled in, nothing created.

        An empty value counts as not set. Refuses with `BadInput`, naming the setting, what is
        wrong with it and an example of a right one.
        """
        take = values.Reader({name: value for name, value in environ.items() if value.strip()})
        known: dict[str, Any] = {"checkout": checkout}
        for name, told in _told().items():
            unset = told.unset(known) if callable(told.unset) else told.unset
            known[name] = take(told.env, told.read, unset)
        del known["checkout"]
        settings = cls(**known)
        settings._check_together()
        return settings

    def _check_together(self) -> None:
        """Settings that are each right and wrong together."""
        if self.staff_port == self.reply_port:
            raise BadInput(
                f"The staff site and the reply site cannot share port {self.staff_port}.",
                fix="Give ENFORCEMENT_STAFF_PORT and ENFORCEMENT_REPLY_PORT different numbers.",
            )
        if "notify" in (self.email_by, self.letters_by) and self.notify_key is None:
            raise BadInput(
                "GOV.UK Notify is to send, and no key for it is set.",
                fix="Set ENFORCEMENT_NOTIFY_KEY, or take ENFORCEMENT_EMAIL_BY and"
                " ENFORCEMENT_LETTERS_BY back to mail and print.",
            )
        if self.email_by == "notify" and self.notify_template is None:
            raise BadInput(
                "GOV.UK Notify is to send email, and no template is named.",
                fix="Make one at Notify and set ENFORCEMENT_NOTIFY_TEMPLATE to its id.",
            )
        given = [s for s in (self.staff_secret, self.reply_secret, self.link_secret) if s]
        if len(set(given)) != len(given):
            raise BadInput(
                "Two of the three site secrets are the same; one site could forge the other's.",
                fix="Give each of the ENFORCEMENT_…_SECRET settings a value of its own.",
            )


def _told() -> dict[str, Told]:
    """What is told of each setting, by field, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def settings_table() -> str:
    """The table of `docs/operations/settings.md`: one row for each setting, in order."""
    rows = [f"| `{each.env}` | {each.default} | {each.reason} |" for each in _told().values()]
    return "\n".join(["| Setting | Default | Why |", "|---|---|---|", *rows]) + "\n"
