"""HwCall's settings: one file, and what differs from one office to the next comes from the environment."""

import contextlib
import secrets
import sqlite3
from pathlib import Path

import bootstrap_wrapper
import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
DATA_DIR = Path(env.str("HWCALL_DATA", default=str(BASE_DIR / "data"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key of the environment, or else one made at the first start and kept beside the data."""
    if key := env.str("HWCALL_SECRET_KEY", default=""):
        return key
    path = DATA_DIR / "secret_key"
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(64))
        # A link is made only where none stands yet, so two processes at the first start agree on one key.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text().strip()


# ── What an office sets ──────────────────────────────────────────────────────────────────────────────────────

DEBUG = env.bool("HWCALL_DEBUG", default=False)
SECRET_KEY = _secret_key()
# The office reaches the server under whatever name or address its network gives it; nothing is built from the Host.
ALLOWED_HOSTS = env.list("HWCALL_HOSTS", default=["*"])
# The one HTTPS switch: secure cookies under __Host- names, and HSTS.
HTTPS = env.bool("HWCALL_HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = env.list("HWCALL_TRUSTED_ORIGINS", default=[])
# How many proxies of one's own stand before HwCall: only then is X-Forwarded-For believed.
PROXY_COUNT = env.int("HWCALL_PROXIES", default=0)

# ── Django ───────────────────────────────────────────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    "hwcall",
    "config",
    "accounts",
    "phones",
    "callback",
    "stats",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "callback.middleware.HeldMiddleware",
    "hwcall.middleware.ReadableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "hwcall.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.middleware.HiddenMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginMiddleware",
    "accounts.middleware.PresenceMiddleware",
    "accounts.middleware.PasswordChangeMiddleware",
    "accounts.middleware.WholeNumbersMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hwcall.urls"
WSGI_APPLICATION = "hwcall.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hwcall.context.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.templatetags.static",
                "hwcall.templatetags.hwcall",
            ],
        },
    },
]

# ── Caches ───────────────────────────────────────────────────────────────────────────────────────────────────

IN_THIS_PROCESS = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": IN_THIS_PROCESS},
    # Parts of the sheet, the last calls of thousands of agents among them: some 40 MB at the most.
    "template_fragments": {"BACKEND": IN_THIS_PROCESS, "LOCATION": "parts", "OPTIONS": {"MAX_ENTRIES": 60_000}},
}

# ── Database ─────────────────────────────────────────────────────────────────────────────────────────────────

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'hwcall.sqlite3'}")}
_database = DATABASES["default"]
if "ENGINE" not in _database:
    raise SystemExit("DATABASE_URL is not understood. It looks like postgres://user:password@host/name")
_database["CONN_MAX_AGE"] = None
_database["CONN_HEALTH_CHECKS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # A write waits for its turn at BEGIN instead of failing at its first write: never "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: what was acknowledged survives the power going out. Each thread has a page cache: a small one.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        " PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;",
    }
    # Tests use a file as well: SQLite in memory locks otherwise than what people run.
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    if sqlite3.sqlite_version_info < (3, 35):
        raise RuntimeError("HwCall needs SQLite 3.35 or later.")
else:
    _database.setdefault("OPTIONS", {}).update(
        connect_timeout=5,
        options="-c lock_timeout=10s -c idle_in_transaction_session_timeout=10min",
        # A server that is gone without a word (power, network) is noticed within seconds, and not after two hours.
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=15_000,
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Who may enter ────────────────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.validators.UnlikeTheName",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
    {"NAME": "accounts.validators.LongEnough", "OPTIONS": {"min_length": 8}},
    {"NAME": "accounts.validators.Uncommon"},
    {"NAME": "accounts.validators.NotDigitsAlone"},
]
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
# Over plain HTTP browsers take no notice of it, but of each page that sends it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-hwcall_session" if HTTPS else "hwcall_session"
CSRF_COOKIE_NAME = "__Host-hwcall_csrf" if HTTPS else "hwcall_csrf"
CSRF_FAILURE_VIEW = "hwcall.views.csrf_failure"

# A name is locked only for the address that guesses at it: nobody can shut a colleague out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "hwcall.addresses.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# ── What a browser may do with a page ────────────────────────────────────────────────────────────────────────

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: is how Bootstrap draws a select's arrow and a box's tick.
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and PROXY_COUNT else None
SECURE_SSL_REDIRECT = False
# Redirecting to HTTPS is the proxy's work, and HwCall cannot speak for the office's other names under its domain.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

# ── Words, places, files ─────────────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "hwcall_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
# Times are stored in UTC; a day is the office's day.
USE_TZ = True
TIME_ZONE = env.str("HWCALL_TIME_ZONE", default="Asia/Shanghai")
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "hwcall.formats"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap", bootstrap_wrapper.get_bootstrap_css_dir()),
    # The manual's, which is read inside the program as well.
    ("pictures", BASE_DIR / "docs" / "pictures"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("HWCALL_STATIC_STORAGE", default="hwcall.storage.HashedStorage"),
    },
}
WHITENOISE_MAX_AGE = 300
# Uploads and results are never reachable by an address of their own: only through views that ask who wants them.
UPLOAD_DIR = DATA_DIR / "uploads"
RESULT_DIR = DATA_DIR / "results"
ARCHIVE_DIR = DATA_DIR / "archives"
UPLOAD_LIMIT = 100 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
# Only the views that take files let them in.
FILE_UPLOAD_HANDLERS = ["hwcall.uploads.NoFiles"]
FILE_UPLOAD_PERMISSIONS = 0o600

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "hwcall.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "hwcall": {"level": "INFO"},
        # The address of a page may hold what was searched for; a refusal is not worth keeping that.
        "django.request": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        # Anybody can ask for a host of any name, or send too much, as often as they like: each time a traceback would
        # fill the disk.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.RequestDataTooBig": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
        "django.security.TooManyFilesSent": {"level": "CRITICAL"},
    },
}
