from dataclasses import replace

import pytest
from sqlalchemy import make_url

from parloader.database.application_settings import django_settings, driver_arguments, mysql_url, sqlalchemy_url
from parloader.database.target import Node, Target, parse_url
from parloader.database.tls import SslMode, Tls

HOST = Target(user="a:b@c", password="p/ä%", database="shop 1", host="db.example", port=3307)

SOCKET = Target(user="root", database="shop", unix_socket="/tmp/a b/socket")

ENCRYPTED = replace(HOST, tls=Tls(explicit_mode=SslMode.REQUIRED))


@pytest.mark.parametrize("target", [HOST, SOCKET, replace(HOST, host="::1"), replace(HOST, others=(Node("db2", 3308),)), ENCRYPTED])
def test_a_url_names_the_target_that_it_was_written_for(target: Target) -> None:
    assert parse_url(mysql_url(target)) == target


def test_sqlalchemy_and_parloader_read_the_url_alike() -> None:
    for target in (HOST, SOCKET):
        url = make_url(sqlalchemy_url(target))
        assert (url.drivername, url.username, url.database) == ("mysql+pymysql", target.user, target.database)
        assert (url.password or "") == target.password
        assert url.query.get("unix_socket") == target.unix_socket
        assert parse_url(sqlalchemy_url(target)) == target


def test_sqlalchemy_connects_to_one_node() -> None:
    several = replace(HOST, others=(Node("db2", 3308),))
    assert sqlalchemy_url(several) == sqlalchemy_url(HOST)
    assert make_url(sqlalchemy_url(several)).port == 3307


def test_a_certificate_is_verified_as_the_mode_says() -> None:
    tls = Tls(ca="/ca.pem", cert="/c.pem", key="/k.pem")
    assert driver_arguments(replace(HOST, tls=tls))["ssl_ca"] == "/ca.pem"
    assert "ssl_verify_identity" not in driver_arguments(replace(HOST, tls=tls))
    strict = replace(HOST, tls=replace(tls, explicit_mode=SslMode.VERIFY_IDENTITY))
    assert driver_arguments(strict)["ssl_verify_identity"] is True
    assert make_url(sqlalchemy_url(replace(HOST, tls=tls))).query["ssl_check_hostname"] == "false"
    assert make_url(sqlalchemy_url(strict)).query["ssl_check_hostname"] == "true"
    assert django_settings(strict)["OPTIONS"]["ssl"] == {"ca": "/ca.pem", "cert": "/c.pem", "key": "/k.pem"}


def test_settings_of_django() -> None:
    assert django_settings(SOCKET)["HOST"] == "/tmp/a b/socket"
    found = django_settings(HOST)
    assert (found["NAME"], found["HOST"], found["PORT"], found["PASSWORD"]) == ("shop 1", "db.example", "3307", "p/ä%")
