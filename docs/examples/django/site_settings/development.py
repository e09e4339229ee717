import os

import pymysql

pymysql.install_as_MySQLdb()  # not with mysqlclient

SECRET_KEY = "only for development"
USE_TZ = True
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": os.environ.get("SHOP_DATABASE", "shop"),
        "USER": os.environ.get("SHOP_USER", "root"),
        "PASSWORD": os.environ.get("SHOP_PASSWORD", ""),
        "HOST": os.environ.get("SHOP_HOST", "127.0.0.1"),
    }
}
