"""The click options that say where to connect, how and as whom, and how they become a target. Imports nothing large, as cli.py."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from parloader.errors import UsageError

if TYPE_CHECKING:  # the driver takes long to import, and --help needs none
    from parloader.database.target import Target

MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")


@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """What the options say. `url` is None where the private server is meant."""

    url: str | None
    ssl_mode: str | None
    ssl_ca: str | None
    ssl_cert: str | None
    ssl_key: str | None
    ask_password: bool

    def __repr__(self) -> str:
        return "Named(…)"  # the URL has a password

    def target(self) -> "Target | None":
        """Where to connect; None: to the private server. What the URL does not say is taken from ~/.my.cnf. UsageError says what is wrong."""
        if self.url is None:
            self._refuse_without_url()
            return None
        from parloader.database import option_file
        from parloader.database.target import parse_url
        from parloader.database.tls import Tls, ssl_mode

        ca, cert, key = (file and os.path.expanduser(file) for file in (self.ssl_ca, self.ssl_cert, self.ssl_key))
        tls = Tls(explicit_mode=ssl_mode(self.ssl_mode) if self.ssl_mode else None, ca=ca, cert=cert, key=key)
        target = parse_url(self.url, option_file.defaults(), tls)
        return replace(target, password=_password_of_terminal(str(target))) if self.ask_password else target

    def _refuse_without_url(self) -> None:
        for name in ("ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "ask_password"):
            if getattr(self, name):
                raise UsageError(
                    f"--{name.replace('_', '-')} is given, but no --url", "The private server needs neither TLS nor a password"
                )


def connection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--url, --ssl-… and --ask-password, handed on as one `named`."""

    @click.option(
        "--url",
        envvar="PARLOADER_URL",
        show_envvar=True,
        help="mysql://USER:PASSWORD@HOST/DATABASE; without it, a private server. What it leaves out is taken from ~/.my.cnf.",
    )
    @click.option(
        "--ssl-mode",
        type=click.Choice(MODES, case_sensitive=False),
        envvar="PARLOADER_SSL_MODE",
        help="As for the mysql client.  [default: PREFERRED; VERIFY_CA where a CA is given]",
    )
    @click.option(
        "--ssl-ca", metavar="FILE", envvar="PARLOADER_SSL_CA", help="The authorities that may have signed the server's certificate."
    )
    @click.option("--ssl-cert", metavar="FILE", envvar="PARLOADER_SSL_CERT", help="A certificate of ours, where the server wants one.")
    @click.option("--ssl-key", metavar="FILE", envvar="PARLOADER_SSL_KEY", help="Its key.")
    @click.option("--ask-password", is_flag=True, help="Ask for the password on the terminal.")
    @functools.wraps(function)
    def wrapper(
        *,
        url: str | None,
        ssl_mode: str | None,
        ssl_ca: str | None,
        ssl_cert: str | None,
        ssl_key: str | None,
        ask_password: bool,
        **options: Any,
    ) -> None:
        named = ConnectionOptions(url=url, ssl_mode=ssl_mode, ssl_ca=ssl_ca, ssl_cert=ssl_cert, ssl_key=ssl_key, ask_password=ask_password)
        function(named=named, **options)

    return wrapper


def _password_of_terminal(whose: str) -> str:
    """Asked for with nothing echoed. UsageError where there is no terminal to ask on."""
    import getpass

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))  # else getpass would read it from stdin, and echo it
    except OSError as error:
        raise UsageError(
            "--ask-password needs a terminal, and there is none", "Put the password into PARLOADER_URL or ~/.my.cnf"
        ) from error
    try:
        return getpass.getpass(f"Password for {whose}: ")
    except EOFError:
        raise UsageError("no password was typed", "Type it and press Enter, or leave --ask-password out") from None
