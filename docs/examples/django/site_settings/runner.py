from parloader.testing.django import SeededRunner


class ShopRunner(SeededRunner):
    def seed_test_databases(self, seeded):
        seeded("shop_order", rows=500)
