from decimal import Decimal

import pytest
from models import Customer, Order, Status
from shop import close_of_day, forget, revenue
from sqlalchemy import func, select


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_the_shop_has_orders(session):
    assert count(session, Order) == 1_000
    assert session.scalars(select(Order.status).distinct()).all()
    assert revenue(session) > 0


def test_a_paid_order_is_revenue(session):
    before = revenue(session)
    customer = session.scalars(select(Customer)).first()
    session.add(Order(customer=customer, status=Status.paid, total=Decimal("12.50"), created_at=func.now()))
    session.commit()
    assert revenue(session) == before + Decimal("12.50")


# Twice: the second time, the customer and the orders are there again
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_customer_is_forgotten(session, time):
    customer = session.get_one(Order, 1).customer
    orders = len(customer.orders)
    forget(session, customer)
    assert orders > 0
    assert count(session, Order) == 1_000 - orders
    assert count(session, Customer) == 199


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_code_commits_is_taken_back(engine, time):
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Order)) == 1_000
    assert 0 < close_of_day(engine) < 1_000


def test_more_rows_for_one_test(session, seeded):
    result = seeded(Order, rows=50)
    assert result.rows == 50
    assert count(session, Order) == 1_050


def test_they_are_gone_in_the_next_one(session):
    assert count(session, Order) == 1_000
