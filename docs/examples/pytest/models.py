"""The tables of a shop."""

import datetime
import enum
from decimal import Decimal

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Numeric, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Status(enum.Enum):
    new = "new"
    paid = "paid"
    sent = "sent"


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True)
    city: Mapped[str | None] = mapped_column(String(60))
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", cascade="all, delete-orphan", passive_deletes=True)


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("sent_at >= created_at", name="sent_after_created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    status: Mapped[Status] = mapped_column(Enum(Status))
    total: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    created_at: Mapped[datetime.datetime]
    sent_at: Mapped[datetime.datetime | None]
    customer: Mapped[Customer] = relationship(back_populates="orders")
