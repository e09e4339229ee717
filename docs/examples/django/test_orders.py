import pytest
from shop.models import Order

pytestmark = pytest.mark.django_db


def test_every_order_has_a_customer(orders, db):
    assert Order.objects.count() == 500
    assert not Order.objects.filter(customer=None).exists()


def test_what_a_test_deletes(orders, db):
    Order.objects.all().delete()
    assert Order.objects.count() == 0


def test_is_there_for_the_next_one(orders, db):
    assert Order.objects.count() == 500


# Twice: after the first, Django empties the tables, and parloader_reset fills them again
@pytest.mark.parametrize("time", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_code_that_commits(orders, parloader_reset, time):
    assert Order.objects.count() == 500
    Order.objects.filter(status="new").delete()
