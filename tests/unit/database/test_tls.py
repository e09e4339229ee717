"""TLS settings in the URL, the options and the option file, without a server."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import Authority

from parloader.database.target import Defaults, parse_url
from parloader.database.tls import SslMode, Tls, ssl_mode
from parloader.errors import UsageError

URL = "mysql://ann@db/shop"

MODES = st.none() | st.sampled_from(SslMode)

FILES = st.sampled_from([None, "a.pem", "b.pem"])

SETTINGS = st.builds(Tls, explicit_mode=MODES, ca=FILES, cert=FILES, key=FILES)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("mode", list(SslMode))
def test_the_mode_is_case_insensitive(mode: SslMode) -> None:
    assert ssl_mode(mode.lower()) is mode
    assert parse_url(f"{URL}?ssl-mode={mode.lower()}").tls.mode is mode
    assert parse_url(f"{URL}?ssl_mode={mode}").tls.mode is mode


def test_the_default_is_preferred_and_with_a_ca_verify_ca(authority: Authority) -> None:
    assert parse_url(URL).tls.mode is SslMode.PREFERRED
    assert parse_url(f"{URL}?ssl-ca={authority.file}").tls.mode is SslMode.VERIFY_CA
    assert parse_url(f"{URL}?ssl_ca={authority.file}&ssl-mode=VERIFY_IDENTITY").tls.mode is SslMode.VERIFY_IDENTITY


def test_the_ssl_context_of_each_mode(authority: Authority) -> None:
    assert Tls(explicit_mode=SslMode.DISABLED).context() is None
    found = {}
    for mode in (m for m in SslMode if m is not SslMode.DISABLED):
        tls = Tls(explicit_mode=mode, ca=str(authority.file) if mode.verifies else None)
        context = tls.context()
        assert context
        found[mode] = (tls.required, context.verify_mode, context.check_hostname)
    assert found == {
        SslMode.PREFERRED: (False, ssl.CERT_NONE, False),
        SslMode.REQUIRED: (True, ssl.CERT_NONE, False),
        SslMode.VERIFY_CA: (True, ssl.CERT_REQUIRED, False),
        SslMode.VERIFY_IDENTITY: (True, ssl.CERT_REQUIRED, True),
    }


def test_without_a_ca_those_of_the_system_are_trusted() -> None:
    context = Tls(explicit_mode=SslMode.VERIFY_IDENTITY).context()
    assert context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("ssl-mode=maybe", "unknown ssl-mode 'maybe'. Use one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY"),
        ("ssl-mode=DISABLED&ssl-ca=ca.pem", "ssl-mode DISABLED does not verify the server's certificate, but ssl-ca ca.pem"),
        ("ssl-mode=REQUIRED&ssl-ca=ca.pem", "ssl-mode REQUIRED does not verify"),
        ("ssl-mode=DISABLED&ssl-cert=c.pem", "ssl-mode is DISABLED, but ssl-cert"),
        ("ssl-key=key.pem", "ssl-key is given without ssl-cert"),
        ("ssl-ca=no/such.pem", "ssl-ca no/such.pem cannot be used: No such file"),
        ("ssl-ca=.", "ssl-ca . cannot be used"),
        ("ssl-ca=text.pem", "ssl-ca text.pem cannot be used"),
        ("ssl-ca=a%00b", "cannot be used"),
        ("ssl-cert=text.pem", "ssl-cert text.pem with ssl-key text.pem cannot be used"),
    ],
)
def test_contradictions_and_unreadable_files_are_refused(parameters: str, message: str) -> None:
    Path("text.pem").write_text("nothing of the kind")
    with pytest.raises(UsageError) as caught:
        parse_url(f"{URL}?{parameters}")
    assert message in str(caught.value)


def test_a_key_with_a_passphrase_is_refused_without_asking(authority: Authority, tmp_path: Path) -> None:
    cert, key = authority.certify("db", folder=tmp_path, passphrase=b"open sesame")
    with pytest.raises(UsageError, match="without a passphrase"):
        parse_url(f"{URL}?ssl-cert={cert}&ssl-key={key}")


def test_url_and_options_must_agree() -> None:
    beside = Tls(explicit_mode=SslMode.REQUIRED)
    assert parse_url(f"{URL}?ssl-mode=required", tls=beside).tls.mode is SslMode.REQUIRED
    with pytest.raises(UsageError, match="the URL has ssl-mode=DISABLED, but --ssl-… has REQUIRED"):
        parse_url(f"{URL}?ssl-mode=disabled", tls=beside)


@given(given=SETTINGS, file=SETTINGS)
def test_an_option_file_never_weakens_the_settings(given: Tls, file: Tls) -> None:
    both = given.with_defaults(file)
    assert both.explicit_mode in (given.explicit_mode, file.explicit_mode)
    for mine, whole in ((given.explicit_mode, both.explicit_mode), (given.ca, both.ca), (given.cert, both.cert)):
        assert mine is None or whole == mine
    if given.mode.verifies:
        assert both.mode.verifies
    if given.explicit_mode:
        assert both.mode is given.explicit_mode


def test_the_option_files_tls_does_not_apply_to_a_socket(authority: Authority) -> None:
    defaults = Defaults(tls=Tls(ca=str(authority.file)))
    assert parse_url(URL, defaults).tls.mode is SslMode.VERIFY_CA
    assert parse_url("mysql://ann@localhost/shop?unix_socket=/s", defaults).tls == Tls()
