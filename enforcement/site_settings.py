"""The settings of where the product lives: its folder, database, secrets and addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from enforcement import setting_values as values
from enforcement.keys import Secrets, kept
from enforcement.setting_values import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """Where everything is and how the sites are reached. Folders are absolute."""

    instance: Annotated[
        Path,
        Told(
            "ENFORCEMENT_INSTANCE",
            values.whole_folder,
            lambda known: known["checkout"] / "instance",
            "`instance` in the checkout",
            "everything that is yours and not the program's is in one folder, backed up as one",
        ),
    ]
    database_url: Annotated[
        str,
        Told(
            "DATABASE_URL",
            values.database_url,
            lambda known: f"sqlite:///{known['instance'] / 'enforcement.sqlite3'}",
            "`sqlite:///` + `enforcement.sqlite3` in the instance folder",
            "no server to install; set `postgresql+psycopg://…` when one machine is outgrown",
        ),
    ] = field(repr=False)
    staff_secret: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_STAFF_SECRET",
            values.secret,
            None,
            "made once: `keys/staff_secret.key`",
            "signs the staff site's cookies and form tokens",
        ),
    ] = field(repr=False)
    reply_secret: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_REPLY_SECRET",
            values.secret,
            None,
            "made once: `keys/reply_secret.key`",
            "signs the reply site's cookies; its own, so that neither site can forge the other's",
        ),
    ] = field(repr=False)
    link_secret: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_LINK_SECRET",
            values.secret,
            None,
            "made once: `keys/link_secret.key`",
            "keys the links printed on notices; changing it breaks every link already on paper",
        ),
    ] = field(repr=False)
    checkpoint_key: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_CHECKPOINT_KEY",
            values.seed,
            None,
            "made once: `keys/checkpoint.key`",
            "Ed25519 private key (64 hex digits) that signs checkpoints of the history",
        ),
    ] = field(repr=False)
    receipt_key: Annotated[
        str | None,
        Told(
            "ENFORCEMENT_RECEIPT_KEY",
            values.seed,
            None,
            "made once: `keys/receipt.key`",
            "Ed25519 private key (64 hex digits) that signs providers' receipts; its own, because "
            "the reply site needs it and must not hold the history's",
        ),
    ] = field(repr=False)
    host: Annotated[
        str,
        Told(
            "ENFORCEMENT_HOST",
            str,
            "127.0.0.1",
            "`127.0.0.1`",
            "nothing is reachable from outside until somebody decides that it is",
        ),
    ]
    staff_port: Annotated[
        int,
        Told(
            "ENFORCEMENT_STAFF_PORT",
            values.port_number,
            8000,
            "`8000`",
            "any free port; below 1024 would need root",
        ),
    ]
    reply_port: Annotated[
        int,
        Told(
            "ENFORCEMENT_REPLY_PORT",
            values.port_number,
            8001,
            "`8001`",
            "so that a firewall can tell the two sites apart",
        ),
    ]
    reply_base_url: Annotated[
        str,
        Told(
            "ENFORCEMENT_REPLY_BASE_URL",
            values.web_address,
            lambda known: f"http://{known['host']}:{known['reply_port']}",
            "`http://` + host + `:` + reply port",
            "printed on notices; set it to the public https address before the first notice",
        ),
    ]

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
        """The five secrets: as given, or read from the keys folder, or made there, once.

        Two processes starting together end with the same secrets. Refuses with `BadInput` when
        a key file is too short to be one of ours.
        """
        folder = self.keys_folder

        def signing(given: str | None, name: str) -> Ed25519PrivateKey:
            seed = values.seed(given or kept(folder / name))
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))

        return Secrets(
            staff=self.staff_secret or kept(folder / "staff_secret.key"),
            reply=self.reply_secret or kept(folder / "reply_secret.key"),
            link=self.link_secret or kept(folder / "link_secret.key"),
            checkpoint=signing(self.checkpoint_key, "checkpoint.key"),
            receipt=signing(self.receipt_key, "receipt.key"),
        )
