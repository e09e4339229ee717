"""What the tests are about: three functions of a shop."""

from decimal import Decimal

from models import Customer, Order, Status
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session


def revenue(session: Session) -> Decimal:
    """The total of all orders that are paid for."""
    return session.scalar(select(func.sum(Order.total)).where(Order.status != Status.new)) or Decimal(0)


def forget(session: Session, customer: Customer) -> None:
    """Deletes a customer and their orders."""
    session.delete(customer)
    session.commit()


def close_of_day(engine: Engine) -> int:
    """Sends what is paid for and deletes what is not, on a connection of its own; returns how many orders are left."""
    with engine.begin() as connection:
        connection.execute(delete(Order).where(Order.status == Status.new))
        connection.execute(update(Order).values(status=Status.sent, sent_at=func.greatest(func.now(), Order.created_at)))
        return connection.scalar(select(func.count()).select_from(Order)) or 0
