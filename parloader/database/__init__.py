"""Talks to MySQL and MariaDB: where to connect, TLS, session settings, error numbers, introspection, and the private server.

It knows no plan and generates no row. Begin reading at target.py (where to connect) and session.py (how); driver.py extends PyMySQL for bulk
loads, dialects.py has what differs between the two servers, error_codes.py the meaning of every error number, introspection.py reads the
schema, and private_server/ runs a server if none is named.
"""

from parloader.database import cryptography_on_demand as cryptography_on_demand
