"""For manage.py test: a private server, and 500 orders for all tests."""

import os

from parloader.testing.django import private_database

from .development import *  # noqa: F403

DATABASES = {"default": private_database(os.environ.get("SHOP_TEST_SERVER", "mysql"))}

TEST_RUNNER = "site_settings.runner.ShopRunner"
