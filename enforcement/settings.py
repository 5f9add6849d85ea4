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
from typing import Annotated, NamedTuple, get_type_hints

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from enforcement import setting_values as values
from enforcement.domain.refusals import BadInput
from enforcement.keys import Secrets, kept

CHECKOUT = Path(__file__).resolve().parent.parent
MEGABYTE = values.MEGABYTE
NOTIFY_URL = "https://api.notifications.service.gov.uk"


class Told(NamedTuple):
    """What people are told of a setting: its name outside, its default, why that default."""

    env: str
    default: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, checked. Sizes are bytes, times are `timedelta`, folders are absolute."""

    instance: Annotated[
        Path,
        Told(
            "ENFORCEMENT_INSTANCE",
            "`instance` in the checkout",
            "everything that is yours and not the program's is in one folder, backed up as one",
        ),
    ]
    database_url: Annotated[
        str,
        Told(
            "DATABASE_URL",
            "`sqlite:///` + `enforcement.sqlite3` in the instance folder",
            "no server to install; set `postgresql+psycopg://…` when one machine is outgrown",
        ),
    ] = field(repr=False)
    staff_secret: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_STAFF_SECRET",
            "made once: `keys/staff_secret.key`",
            "signs the staff site's cookies and form tokens",
        ),
    ] = field(repr=False)
    reply_secret: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_REPLY_SECRET",
            "made once: `keys/reply_secret.key`",
            "signs the reply site's cookies; its own, so that neither site can forge the other's",
        ),
    ] = field(repr=False)
    link_secret: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_LINK_SECRET",
            "made once: `keys/link_secret.key`",
            "keys the links printed on notices; changing it breaks every link already on paper",
        ),
    ] = field(repr=False)
    checkpoint_key: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_CHECKPOINT_KEY",
            "made once: `keys/checkpoint.key`",
            "Ed25519 private key (64 hex digits) that signs checkpoints of the history",
        ),
    ] = field(repr=False)
    host: Annotated[
        str,
        Told(
            "ENFORCEMENT_HOST",
            "`127.0.0.1`",
            "nothing is reachable from outside until somebody decides that it is",
        ),
    ]
    staff_port: Annotated[
        int, Told("ENFORCEMENT_STAFF_PORT", "`8000`", "any free port; below 1024 would need root")
    ]
    reply_port: Annotated[
        int,
        Told("ENFORCEMENT_REPLY_PORT", "`8001`", "so that a firewall can tell the two sites apart"),
    ]
    reply_base_url: Annotated[
        str,
        Told(
            "ENFORCEMENT_REPLY_BASE_URL",
            "`http://` + host + `:` + reply port",
            "printed on notices; set it to the public https address before the first notice",
        ),
    ]
    smtp_url: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_SMTP_URL",
            "none",
            "`smtp://`, `smtp+starttls://` or `smtps://`; without one no mail leaves by accident",
        ),
    ] = field(repr=False)
    email_by: Annotated[
        str,
        Told(
            "ENFORCEMENT_EMAIL_BY",
            "`mail`",
            "`mail`: the mail server above, or the mail folder; `notify`: GOV.UK Notify",
        ),
    ]
    letters_by: Annotated[
        str,
        Told(
            "ENFORCEMENT_LETTERS_BY",
            "`print`",
            "`print`: the print folder, posted by people; `notify`: GOV.UK Notify prints and posts",
        ),
    ]
    notify_key: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_NOTIFY_KEY",
            "none",
            "API key of the service at GOV.UK Notify; a secret, needed when either of the two above"
            " says `notify`",
        ),
    ] = field(repr=False)
    notify_url: Annotated[
        str,
        Told(
            "ENFORCEMENT_NOTIFY_URL",
            "`https://api.notifications.service.gov.uk`",
            "the service itself; another only to try against a server of your own",
        ),
    ]
    notify_template: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_NOTIFY_TEMPLATE",
            "none",
            "id of an email template at Notify with `((subject))`, `((body))`, `((link_to_file))`",
        ),
    ]
    notify_confirm: Annotated[
        bool,
        Told(
            "ENFORCEMENT_NOTIFY_CONFIRM_EMAIL",
            "`yes`",
            "whoever opens the link to the PDF types the address it was sent to: it holds the"
            " reply code",
        ),
    ]
    notify_weeks: Annotated[
        int,
        Told(
            "ENFORCEMENT_NOTIFY_RETENTION_WEEKS",
            "`78` (weeks)",
            "how long the link to the PDF works; the longest Notify allows, as cases last long",
        ),
    ]
    notify_postage: Annotated[
        str,
        Told(
            "ENFORCEMENT_NOTIFY_POSTAGE",
            "`first`",
            "`first` or `second`, for letters that are not notices; second class does not give a"
            " notice (SI 2022/1175 reg 7), so notices always go first class",
        ),
    ]
    mail_folder: Annotated[
        Path,
        Told(
            "ENFORCEMENT_MAIL_FOLDER",
            "`mail` in the instance folder",
            "where mail is put, one file each, while there is no SMTP server",
        ),
    ]
    print_folder: Annotated[
        Path,
        Told(
            "ENFORCEMENT_PRINT_FOLDER",
            "`print` in the instance folder",
            "where letters wait for the printer or the print supplier",
        ),
    ]
    print_file_pages: Annotated[
        int,
        Told("ENFORCEMENT_PRINT_FILE_PAGES", "`1000` (pages)", "what a printer takes in one go"),
    ]
    checkpoint_folder: Annotated[
        Path,
        Told(
            "ENFORCEMENT_CHECKPOINT_FOLDER",
            "`checkpoints` in the instance folder",
            "outside the database; best on another machine, so that no one person can change both",
        ),
    ]
    max_evidence_bytes: Annotated[
        int,
        Told(
            "ENFORCEMENT_MAX_EVIDENCE_MB",
            "`20` (MB)",
            "a scanned letter or a month's export fits; one file of a provider's reply",
        ),
    ]
    max_reply_bytes: Annotated[
        int,
        Told(
            "ENFORCEMENT_MAX_REPLY_MB",
            "`100` (MB)",
            "all files of one reply together, so that one reply cannot fill the disk",
        ),
    ]
    max_import_bytes: Annotated[
        int,
        Told(
            "ENFORCEMENT_MAX_IMPORT_MB",
            "`200` (MB)",
            "the full monthly register of care services is well under half of it",
        ),
    ]
    staff_idle: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_STAFF_IDLE_MINUTES",
            "`30` (minutes)",
            "a screen left alone in an office signs itself out",
        ),
    ]
    staff_absolute: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_STAFF_SESSION_MINUTES",
            "`720` (minutes, 12 hours)",
            "one working day; nobody stays signed in overnight",
        ),
    ]
    reply_idle: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_REPLY_IDLE_MINUTES",
            "`30` (minutes)",
            "a shared computer in a care home; what was typed is kept as a draft",
        ),
    ]
    reply_absolute: Annotated[
        timedelta,
        Told(
            "ENFORCEMENT_REPLY_SESSION_MINUTES",
            "`240` (minutes, 4 hours)",
            "long enough to find the evidence in one sitting",
        ),
    ]
    clamd_address: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_CLAMD",
            "none",
            "virus scanner, `host:port` or a socket's path; without one, files say “not scanned”",
        ),
    ]

    @classmethod
    def read(cls, environ: Mapping[str, str], *, checkout: Path = CHECKOUT) -> Settings:
        """Every setting from the environment, defaults filled in, nothing created.

        An empty value counts as not set. Refuses with `BadInput`, naming the setting, what is
        wrong with it and an example of a right one.
        """
        take = values.Reader({name: value for name, value in environ.items() if value.strip()})
        instance = take("ENFORCEMENT_INSTANCE", values.whole_folder, checkout / "instance")
        host = take("ENFORCEMENT_HOST", str, "127.0.0.1")
        reply_port = take("ENFORCEMENT_REPLY_PORT", values.port_number, 8001)
        settings = cls(
            instance=instance,
            database_url=take(
                "DATABASE_URL", values.database_url, f"sqlite:///{instance / 'enforcement.sqlite3'}"
            ),
            staff_secret=take("ENFORCEMENT_STAFF_SECRET", values.secret, None),
            reply_secret=take("ENFORCEMENT_REPLY_SECRET", values.secret, None),
            link_secret=take("ENFORCEMENT_LINK_SECRET", values.secret, None),
            checkpoint_key=take("ENFORCEMENT_CHECKPOINT_KEY", values.seed, None),
            host=host,
            staff_port=take("ENFORCEMENT_STAFF_PORT", values.port_number, 8000),
            reply_port=reply_port,
            reply_base_url=take(
                "ENFORCEMENT_REPLY_BASE_URL", values.web_address, f"http://{host}:{reply_port}"
            ),
            smtp_url=take("ENFORCEMENT_SMTP_URL", values.smtp_url, None),
            email_by=take("ENFORCEMENT_EMAIL_BY", values.one_of("mail", "notify"), "mail"),
            letters_by=take("ENFORCEMENT_LETTERS_BY", values.one_of("print", "notify"), "print"),
            notify_key=take("ENFORCEMENT_NOTIFY_KEY", values.notify_key, None),
            notify_url=take("ENFORCEMENT_NOTIFY_URL", values.web_address, NOTIFY_URL),
            notify_template=take("ENFORCEMENT_NOTIFY_TEMPLATE", values.uuid, None),
            notify_confirm=take("ENFORCEMENT_NOTIFY_CONFIRM_EMAIL", values.yes_or_no, True),
            notify_weeks=take("ENFORCEMENT_NOTIFY_RETENTION_WEEKS", values.weeks, 78),
            notify_postage=take(
                "ENFORCEMENT_NOTIFY_POSTAGE", values.one_of("first", "second"), "first"
            ),
            mail_folder=take("ENFORCEMENT_MAIL_FOLDER", values.whole_folder, instance / "mail"),
            print_folder=take("ENFORCEMENT_PRINT_FOLDER", values.whole_folder, instance / "print"),
            print_file_pages=take("ENFORCEMENT_PRINT_FILE_PAGES", values.sheaf, 1000),
            checkpoint_folder=take(
                "ENFORCEMENT_CHECKPOINT_FOLDER", values.whole_folder, instance / "checkpoints"
            ),
            max_evidence_bytes=take("ENFORCEMENT_MAX_EVIDENCE_MB", values.megabytes, 20 * MEGABYTE),
            max_reply_bytes=take("ENFORCEMENT_MAX_REPLY_MB", values.megabytes, 100 * MEGABYTE),
            max_import_bytes=take("ENFORCEMENT_MAX_IMPORT_MB", values.megabytes, 200 * MEGABYTE),
            staff_idle=take(
                "ENFORCEMENT_STAFF_IDLE_MINUTES", values.minutes, timedelta(minutes=30)
            ),
            staff_absolute=take(
                "ENFORCEMENT_STAFF_SESSION_MINUTES", values.minutes, timedelta(hours=12)
            ),
            reply_idle=take(
                "ENFORCEMENT_REPLY_IDLE_MINUTES", values.minutes, timedelta(minutes=30)
            ),
            reply_absolute=take(
                "ENFORCEMENT_REPLY_SESSION_MINUTES", values.minutes, timedelta(hours=4)
            ),
            clamd_address=take("ENFORCEMENT_CLAMD", values.socket_address, None),
        )
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

    @property
    def keys_folder(self) -> Path:
        """Where secrets that were not given are kept, one file each, readable by the owner only."""
        return self.instance / "keys"

    @property
    def database_shown(self) -> str:
        """The database's address without its password, for people and logs."""
        return make_url(self.database_url).render_as_string(hide_password=True)

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; `None` when the database is a PostgreSQL server."""
        url = make_url(self.database_url)
        if url.get_backend_name() != "sqlite" or url.database is None:
            return None
        return Path(url.database)

    def secrets(self) -> Secrets:
        """The four secrets: as given, or read from the keys folder, or made there, once.

        Two processes starting together end with the same secrets. Refuses with `BadInput` when
        a key file is too short to be one of ours.
        """
        folder = self.keys_folder
        seed = self.checkpoint_key or kept(folder / "checkpoint.key")
        return Secrets(
            staff=self.staff_secret or kept(folder / "staff_secret.key"),
            reply=self.reply_secret or kept(folder / "reply_secret.key"),
            link=self.link_secret or kept(folder / "link_secret.key"),
            checkpoint=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(values.seed(seed))),
        )


def settings_table() -> str:
    """The table of `docs/operations/settings.md`: one row for each setting, in order."""
    told = [hint.__metadata__[0] for hint in get_type_hints(Settings, include_extras=True).values()]
    rows = [f"| `{each.env}` | {each.default} | {each.reason} |" for each in told]
    return "\n".join(["| Setting | Default | Why |", "|---|---|---|", *rows]) + "\n"
