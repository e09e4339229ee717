from django.db import models


class Customer(models.Model):
    email = models.EmailField(unique=True)
    city = models.CharField(max_length=60, blank=True)


class Order(models.Model):
    class Status(models.TextChoices):
        NEW = "new"
        PAID = "paid"
        SENT = "sent"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders")
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.NEW)
    total = models.DecimalField(max_digits=8, decimal_places=2)
    created_at = models.DateTimeField()
    gift = models.BooleanField(default=False)
