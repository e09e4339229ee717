"""Tests of Django's own kind. They run with manage.py test as well as with pytest."""

from django.test import TestCase

from parloader.testing.django import SeededMixin

from .models import Customer, Order


class OrderTests(SeededMixin, TestCase):
    @classmethod
    def seed_test_data(cls, seeded):
        cls.before = Order.objects.count()
        seeded(Order, rows=100)

    def test_rows_of_the_class(self):
        self.assertEqual(Order.objects.count(), self.before + 100)

    def test_a_delete(self):
        Order.objects.all().delete()
        self.assertEqual(Order.objects.count(), 0)

    def test_another_delete(self):
        self.assertEqual(Order.objects.count(), self.before + 100)
        Customer.objects.first().delete()
