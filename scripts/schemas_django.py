"""Django applications: their own migrations, run with a settings module that names them."""

from collections.abc import Sequence

from schemas_model import SERVERS, Application
from schemas_python import PythonApplication

CONTRIB = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
)

DATABASES = """
DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "$database", "USER": "root", "PASSWORD": "", "HOST": "localhost",
    "OPTIONS": {"unix_socket": "$socket", "charset": "utf8mb4"}}}
"""

# Imported when a process starts: Django knows mysqlclient only
DRIVER = """import contextlib
with contextlib.suppress(ImportError):
    import pymysql
    # the oldest mysqlclient that Django takes
    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
"""

SETTINGS = """SECRET_KEY = "secret" * 9
USE_TZ = True
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1
STATIC_URL = "/static/"
STATIC_ROOT = "$folder/static"
MEDIA_URL = "/media/"
MEDIA_ROOT = "$folder/media"
ROOT_URLCONF = "urls"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
    f"django.{name}" for name in ("template.context_processors.request", "contrib.auth.context_processors.auth",
    "contrib.messages.context_processors.messages", "template.context_processors.i18n")]}}]
"""


def django(
    name: str,
    *requirements: str,
    applications: Sequence[str] = (),
    base: str = "",
    settings: str = "",
    environment: Sequence[tuple[str, str]] = (),
    before: Sequence[str] = (),
    files: Sequence[tuple[str, str]] = (),
    kinds: Sequence[str] = tuple(SERVERS),
) -> PythonApplication:
    """`applications`: a project is made of them and of django.contrib. `base`: the module with the settings of a project that is there already.
    `settings`: more of them."""
    first = f"from {base} import *\n" if base else SETTINGS + f"INSTALLED_APPS = {[*CONTRIB, *applications]}\n"
    return PythonApplication(
        name=name,
        kinds=tuple(kinds),
        requirements=requirements,
        files=(("sitecustomize.py", DRIVER), ("own_settings.py", first + DATABASES + settings), ("urls.py", "urlpatterns = []\n"), *files),
        environment=(("DJANGO_SETTINGS_MODULE", "own_settings"), *environment),
        commands=(*before, "python -m django migrate --noinput"),
        reader="django",
    )


DJANGO: tuple[Application, ...] = (
    django(
        "django-contrib", "django==5.2.9", applications=("django.contrib.flatpages", "django.contrib.redirects", "django.contrib.sitemaps")
    ),
    django(
        "django-packages",
        "django-allauth[socialaccount,mfa]==65.22.1",
        "django-guardian",
        "django-celery-beat==2.9.0",
        "django-celery-results==2.6.0",
        "django-oauth-toolkit==3.4.1",
        "django-simple-history==3.13.0",
        "django-taggit==6.1.0",
        "django-reversion==6.4.0",
        "easy-thumbnails==2.10.1",
        "django-filer==3.6.0",
        "django-waffle==5.0.0",
        "django-axes==8.3.1",
        "django-otp==1.7.5",
        "djangorestframework==3.18.3",
        "django-sql-explorer==5.3.1",
        "django-q2==1.11.1",
        "django-constance==4.4.0",
        "django-watson==1.6.3",
        "django-auditlog==3.4.1",
        "django-activity-stream==2.0.0",
        "django-silk==5.6.0",
        "django-post-office==3.12.0",
        applications=(
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "allauth.mfa",
            "allauth.usersessions",
            "guardian",
            "django_celery_beat",
            "django_celery_results",
            "oauth2_provider",
            "simple_history",
            "taggit",
            "reversion",
            "easy_thumbnails",
            "filer",
            "waffle",
            "axes",
            "django_otp",
            "django_otp.plugins.otp_totp",
            "django_otp.plugins.otp_static",
            "django_otp.plugins.otp_email",
            "rest_framework",
            "rest_framework.authtoken",
            "explorer",
            "django_q",
            "constance",
            "watson",
            "auditlog",
            "actstream",
            "silk",
            "post_office",
        ),
        settings='MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")\nCONSTANCE_CONFIG = {}\nEXPLORER_CONNECTIONS = {}\n',
    ),
    django(
        "wagtail",
        "wagtail==8.0.1",
        applications=(
            "wagtail.contrib.forms",
            "wagtail.contrib.redirects",
            "wagtail.contrib.settings",
            "wagtail.contrib.search_promotions",
            "wagtail.contrib.simple_translation",
            "wagtail.embeds",
            "wagtail.sites",
            "wagtail.users",
            "wagtail.snippets",
            "wagtail.documents",
            "wagtail.images",
            "wagtail.search",
            "wagtail.admin",
            "wagtail",
            "modelcluster",
            "taggit",
        ),
        settings='WAGTAIL_SITE_NAME = "site"\nWAGTAILADMIN_BASE_URL = "http://localhost"\n',
    ),
    django(
        "django-oscar",
        "django-oscar==4.2.1",
        "sorl-thumbnail",
        settings="""from oscar.defaults import *
from oscar import INSTALLED_APPS as OSCAR
INSTALLED_APPS = [*OSCAR, "django.contrib.sites", "django.contrib.flatpages", "sorl.thumbnail"]
INSTALLED_APPS = list(dict.fromkeys(INSTALLED_APPS))
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
""",
        applications=(),
    ),
    django(
        "django-cms",
        "django-cms==5.0.4",
        "django-treebeard==4.8.0",
        "djangocms-text==1.0.2",
        "djangocms-link==5.2.0",
        "djangocms-alias==3.2.0",
        "djangocms-versioning==2.8.0",
        "djangocms-picture==4.1.1",
        "djangocms-file==3.0.1",
        "django-filer==3.6.0",
        applications=(
            "cms",
            "menus",
            "treebeard",
            "sekizai",
            "filer",
            "easy_thumbnails",
            "djangocms_text",
            "djangocms_link",
            "djangocms_alias",
            "djangocms_versioning",
            "djangocms_picture",
            "djangocms_file",
        ),
        settings='CMS_CONFIRM_VERSION4 = True\nCMS_TEMPLATES = [("page.html", "Page")]\nX_FRAME_OPTIONS = "SAMEORIGIN"\n',
    ),
    django(
        "mailman-web",
        "hyperkitty==1.3.12",
        "postorius==1.3.13",
        applications=(
            "hyperkitty",
            "postorius",
            "django_mailman3",
            "rest_framework",
            "django_gravatar",
            "compressor",
            "haystack",
            "django_extensions",
            "django_q",
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
        ),
        settings="""MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
MAILMAN_REST_API_URL = "http://localhost:8001"
MAILMAN_REST_API_USER = "user"
MAILMAN_REST_API_PASS = "secret"
Q_CLUSTER = {"orm": "default"}
""",
    ),
    django(
        "django-machina",
        "django-machina==1.3.1",
        applications=("mptt", "haystack", "widget_tweaks"),
        settings="""from machina import MACHINA_MAIN_TEMPLATE_DIR, MACHINA_MAIN_STATIC_DIR
INSTALLED_APPS += ["machina", *(f"machina.apps.{name}" for name in ("forum", "forum_conversation", "forum_conversation.forum_attachments",
    "forum_conversation.forum_polls", "forum_feeds", "forum_moderation", "forum_search", "forum_tracking", "forum_member", "forum_permission"))]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}, "machina_attachments": {
    "BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "$folder/cache"}}
MIDDLEWARE.append("machina.apps.forum_permission.middleware.ForumPermissionMiddleware")
""",
    ),
    django(
        "django-helpdesk",
        "django-helpdesk==2.6.1",
        applications=("rest_framework", "helpdesk"),
        settings="HELPDESK_TEAMS_MODE_ENABLED = False\n",
    ),
    django(
        "django-wiki",
        "wiki==0.13.0",
        applications=(
            "django_nyt",
            "mptt",
            "sekizai",
            "sorl.thumbnail",
            "wiki",
            "wiki.plugins.attachments",
            "wiki.plugins.notifications",
            "wiki.plugins.images",
            "wiki.plugins.macros",
        ),
        settings="""ROOT_URLCONF = 'wiki_urls'
TEMPLATES[0]["OPTIONS"]["context_processors"].append("sekizai.context_processors.sekizai")
""",
        files=(
            (
                "wiki_urls.py",
                "from django.urls import include, path\nurlpatterns = [path('notifications/', include('django_nyt.urls')), path('', include('wiki.urls'))]\n",
            ),
        ),
    ),
    django(
        "reviewboard",
        "reviewboard==8.1",
        base="reviewboard.settings",
        files=(("settings_local.py", 'SECRET_KEY = "secret" * 9\n' + DATABASES),),
    ),
    django(
        "mezzanine",
        "mezzanine==6.1.1",
        applications=(
            "mezzanine.boot",
            "django.contrib.redirects",
            "django.contrib.sitemaps",
            "mezzanine.conf",
            "mezzanine.core",
            "mezzanine.generic",
            "mezzanine.pages",
            "mezzanine.blog",
            "mezzanine.forms",
            "mezzanine.galleries",
            "mezzanine.twitter",
            "django_comments",
        ),
        settings="""PACKAGE_NAME_FILEBROWSER = "filebrowser_safe"
PACKAGE_NAME_GRAPPELLI = "grappelli_safe"
""",
    ),
    django("patchman", "patchman==4.0.21", base="patchman.settings", kinds=("mariadb",)),
)
