"""Whole schemas of three trades, seeded without a plan file: rows that an application could have made."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from schemas_sources import statements
from support import questions
from support.servers import Database, slow_on_mysql

TRADES = Path(__file__).parent.parent / "trades"


def seeded(database: Database, trade: str, *sizes: str) -> None:
    text = (TRADES / f"{trade}.sql").read_text()
    database.execute(*(statement.replace("%", "%%") for statement in statements(text)))  # the driver fills in parameters
    options = [option for size in sizes for option in ("--rows", size)]
    database.parloader("seed", "--all", *options, "--procs", "1")


def number(database: Database, statement: str) -> float:
    return float(str(database.value(statement)))


def none_of(database: Database, *conditions: str) -> list[str]:
    """The conditions ("table [joins] WHERE …") that some rows meet, with their number."""
    counted = ((condition, number(database, f"SELECT COUNT(*) FROM {condition}")) for condition in conditions)
    return [f"{rows:.0f} rows: {condition}" for condition, rows in counted if rows]


def set_exactly_if(table: str, column: str, statuses: Sequence[str]) -> str:
    """The condition of rows whose column is set although the status does not say so, or the other way round."""
    listed = ", ".join(f"'{status}'" for status in statuses)
    return f"{table} WHERE ({column} IS NOT NULL) <> (status IN ({listed}))"


@slow_on_mysql("server")
def test_a_clinic(database: Database) -> None:
    seeded(database, "clinic", "appointment=6000")
    assert questions.faults(database) == []
    assert questions.spread(database, "appointment", "created_at") == []
    assert (
        none_of(
            database,
            "appointment a JOIN patient p ON p.id = a.patient_id WHERE p.clinic_id <> a.clinic_id",
            "appointment a JOIN practitioner p ON p.id = a.practitioner_id WHERE p.clinic_id <> a.clinic_id",
            "appointment a JOIN patient p ON p.id = a.patient_id WHERE a.created_at < p.created_at",
            set_exactly_if("appointment", "cancelled_at", ["cancelled"]),
            set_exactly_if("appointment", "completed_at", ["completed"]),
            "appointment WHERE confirmed_at < created_at OR checked_in_at < confirmed_at OR completed_at < checked_in_at",
            "appointment WHERE cancelled_at < created_at",
            "appointment WHERE cancel_reason IS NOT NULL AND status <> 'cancelled'",
            "patient WHERE updated_at < created_at OR deleted_at < created_at",
            "patient WHERE email IS NOT NULL AND email NOT REGEXP '^[a-z0-9._-]+@[a-z0-9.-]+[.][a-z]+$'",
            "invoice i JOIN appointment a ON a.id = i.appointment_id WHERE i.issued_at < a.created_at",
            "invoice WHERE total <> net + tax OR paid_at < issued_at OR due_on < DATE(issued_at)",
            "treatment WHERE amount <> quantity * unit_price",
        )
        == []
    )
    # a code of two or three first and last names would be a chance
    named = "LOCATE(LOWER(LEFT(last_name, 3)), email) > 0 OR last_name REGEXP '[^A-Za-z]'"
    assert number(database, f"SELECT AVG({named}) FROM patient WHERE email IS NOT NULL") > 0.9
    assert number(database, "SELECT COUNT(*) FROM (SELECT appointment_id FROM treatment GROUP BY 1 HAVING MAX(line_no) <> COUNT(*)) t") == 0
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")


@pytest.mark.parametrize("server", ["mysql", pytest.param("mariadb", marks=pytest.mark.slow)], indirect=True)
def test_a_freight_company(database: Database) -> None:
    seeded(database, "freight", "shipment=4000")
    assert questions.faults(database) == []
    assert questions.spread(database, "shipment", "created_at") == []
    assert (
        none_of(
            database,
            "shipment s JOIN contact c ON c.id = s.contact_id WHERE c.account_id <> s.account_id",
            "shipment s JOIN contact c ON c.id = s.contact_id WHERE s.created_at < c.created_at",
            set_exactly_if("shipment", "cancelled_at", ["cancelled"]),
            set_exactly_if("shipment", "delivered_at", ["delivered"]),
            set_exactly_if("freight_invoice", "paid_on", ["paid"]),
            "shipment WHERE booked_at < created_at OR picked_up_at < booked_at OR delivered_at < picked_up_at OR cancelled_at < created_at",
            "shipment WHERE price <> freight + surcharge - discount",
            "shipment WHERE discount > freight",
            "leg WHERE arrives_at <= departs_at",
            "leg l JOIN shipment s ON s.id = l.shipment_id WHERE l.departs_at < s.created_at",
            "tracking_event e JOIN shipment s ON s.id = e.shipment_id WHERE e.occurred_at < s.created_at",
            "freight_invoice WHERE gross_amount <> net_amount + vat_amount OR ABS(vat_amount - net_amount * vat_rate / 100) > 0.01",
            "freight_invoice WHERE due_on < issued_on OR paid_on < issued_on",
            "vehicle WHERE reserved_kg > capacity_kg OR (retired_on IS NOT NULL) <> is_retired",
            "contact WHERE last_login_at < created_at",
        )
        == []
    )
    assert number(database, "SELECT AVG(currency = 'EUR') FROM account") > 0.5
    assert number(database, "SELECT AVG(is_active) FROM account") > 0.7
    assert number(database, "SELECT MAX(price) / AVG(price) FROM shipment") < 100
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")


@pytest.mark.slow
def test_a_forum(database: Database) -> None:
    seeded(database, "forum", "post=8000")
    assert questions.faults(database) == []
    assert questions.spread(database, "post", "created_at") == []
    assert (
        none_of(
            database,
            "thread t JOIN member m ON m.id = t.author_id WHERE m.community_id <> t.community_id",
            "thread t JOIN board b ON b.id = t.board_id WHERE b.community_id <> t.community_id",
            "board b JOIN board p ON p.id = b.parent_id WHERE p.community_id <> b.community_id",
            "thread t JOIN member m ON m.id = t.author_id WHERE t.created_at < m.created_at",
            "post p JOIN thread t ON t.id = p.thread_id WHERE p.created_at < t.created_at",
            "post p JOIN member m ON m.id = p.author_id WHERE p.created_at < m.created_at",
            "vote v JOIN post p ON p.id = v.post_id WHERE v.created_at < p.created_at",
            "thread t WHERE post_count <> (SELECT COUNT(*) FROM post p WHERE p.thread_id = t.id)",
            "thread WHERE updated_at < created_at OR closed_at < created_at OR deleted_at < created_at",
            set_exactly_if("thread", "deleted_at", ["deleted"]),
            "moderation_case WHERE (resolved_at IS NULL AND status = 'resolved') OR (resolved_at IS NOT NULL AND status IN ('new', 'in_review'))",
            "moderation_case WHERE reviewed_at < created_at OR resolved_at < reviewed_at",
            "member WHERE last_seen_at < created_at OR banned_at < created_at",
        )
        == []
    )
    assert (
        number(
            database, "SELECT COUNT(*) FROM (SELECT thread_id FROM post GROUP BY 1 HAVING MAX(position) - MIN(position) + 1 <> COUNT(*)) t"
        )
        == 0
    )
    assert number(database, "SELECT AVG(is_moderator) FROM member") < 0.2
    assert number(database, "SELECT AVG(is_verified) FROM member") > 0.6
    assert 0 < number(database, "SELECT COUNT(*) FROM board WHERE parent_id IS NULL") < 0.6 * number(database, "SELECT COUNT(*) FROM board")
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
