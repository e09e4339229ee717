"""Connection options: --url, --ssl-…, --compress and --ask-password, and the target they name. Imports nothing large."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.file_types import FileName
from parloader.cli.option_groups import CONNECTION, collect, option_group
from parloader.errors import UsageError

if TYPE_CHECKING:  # it imports the driver, which takes longer than to print a --help
    from parloader.database.compression import Compress
    from parloader.database.target import Target

COMPRESS = ("auto", "on", "off")

SSL_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")


@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """The values of the options, as given."""

    url: str | None  # None: the private server
    ssl_mode: str | None
    ssl_ca: str | None
    ssl_cert: str | None
    ssl_key: str | None
    compress: "Compress | None"
    ask_password: bool

    def __repr__(self) -> str:
        return "ConnectionOptions(…)"  # the URL can hold a password

    def target(self) -> "Target | None":
        """Where to connect, or None for the private server. Anything missing in the URL is read from ~/.my.cnf. UsageError: an option is not valid."""
        if self.url is None:
            self._require_url_for_options()
            return None
        from parloader.database import option_file
        from parloader.database.target import parse_url
        from parloader.database.tls import Tls, ssl_mode

        ca, cert, key = (file and os.path.expanduser(file) for file in (self.ssl_ca, self.ssl_cert, self.ssl_key))
        tls = Tls(explicit_mode=ssl_mode(self.ssl_mode) if self.ssl_mode else None, ca=ca, cert=cert, key=key)
        target = parse_url(self.url, option_file.defaults(), tls, self.compress)
        return replace(target, password=_prompt_for_password(target)) if self.ask_password else target

    def _require_url_for_options(self) -> None:
        for name in ("ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "compress", "ask_password"):
            if getattr(self, name):
                raise UsageError(
                    f"--{name.replace('_', '-')} is given without --url",
                    "Add --url; the private server, which is used without it, needs neither TLS nor compression nor a password",
                )


def _compress(_: click.Context, __: click.Parameter, name: str | None) -> "Compress | None":
    if name is None:
        return None
    from parloader.database.compression import Compress

    return Compress(name)


_url_options = option_group(
    CONNECTION.option(
        "--url",
        metavar="URL",
        envvar="PARLOADER_URL",
        show_envvar=True,
        help="mysql://USER:PASSWORD@HOST/DATABASE; HOST,HOST for the nodes of a Galera cluster. Anything missing is read from ~/.my.cnf.  [default: a private server]",
    ),
    CONNECTION.option(
        "--ssl-mode",
        type=click.Choice(SSL_MODES, case_sensitive=False),
        envvar="PARLOADER_SSL_MODE",
        metavar="MODE",
        help="disabled, preferred, required, verify_ca or verify_identity, as for the mysql client.  [default: PREFERRED; with a CA, VERIFY_CA]",
    ),
    CONNECTION.option(
        "--ssl-ca",
        type=FileName(),
        metavar="FILE",
        envvar="PARLOADER_SSL_CA",
        help="Certificates of the authorities (CAs) that may have signed the server's certificate.",
    ),
    CONNECTION.option(
        "--ssl-cert", type=FileName(), metavar="FILE", envvar="PARLOADER_SSL_CERT", help="Client certificate, if the server requires one."
    ),
    CONNECTION.option("--ssl-key", type=FileName(), metavar="FILE", envvar="PARLOADER_SSL_KEY", help="Private key of --ssl-cert."),
    CONNECTION.option("--ask-password", is_flag=True, help="Ask for the password on the terminal."),
)


_compress_option = CONNECTION.option(
    "--compress",
    type=click.Choice(COMPRESS),
    envvar="PARLOADER_COMPRESS",
    callback=_compress,
    help="Compress what is sent and received. auto: if a round trip to the server takes more than 2 ms.  [default: auto]",
)


def connection_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options, passed on as one ConnectionOptions, `connection`."""

    @_url_options
    @_compress_option
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(connection=collect(ConnectionOptions, options), **options)

    return wrapper


def connection_options_without_compression(function: Callable[..., None]) -> Callable[..., None]:
    """The same without --compress, for a command that reads little, and has an option of that name for its files."""

    @_url_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        options["compress"] = None
        function(connection=collect(ConnectionOptions, options), **options)

    return wrapper


def _prompt_for_password(target: "Target") -> str:
    """Reads the password from the terminal without echoing it. UsageError: there is no terminal, or nothing was typed."""
    import getpass

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))  # without one, getpass would read from stdin and echo
    except OSError as error:
        raise UsageError(
            "--ask-password needs a terminal, and there is none", "Put the password into PARLOADER_URL or ~/.my.cnf"
        ) from error
    try:
        return getpass.getpass(f"Password for {target}: ")
    except EOFError:
        raise UsageError("no password was typed", "Type it and press Enter, or omit --ask-password") from None
