"""Keys that only the application itself checks, by their names, and new ones."""

import base64
import re
import secrets
from collections import Counter
from collections.abc import Iterable

# Words that the names of an application's own keys are made of, and nothing else.
_OWN_WORDS = """
SECRET SECRETS KEY KEYS BASE SALT HASH SIGN SIGNING ENCRYPT ENCRYPTION SECURITY AUTH SESSION
SESSIONS COOKIE COOKIES JWT CSRF XSRF PASSWORD TOKEN TOKENS ACCESS REFRESH APP APPLICATION
NODE EXPRESS NEXT NEXTAUTH BETTER DJANGO FLASK FASTAPI LARAVEL RAILS COOKIEKEY UTILS
"""
_OWN = frozenset(_OWN_WORDS.split())
# With one of these words in it, a key is the application's whatever else its name says …
_OF_SESSIONS = frozenset(
    (
        "SESSION",
        "SESSIONS",
        "COOKIE",
        "COOKIES",
        "COOKIEKEY",
        "JWT",
        "CSRF",
        "XSRF",
        "SALT",
        "SIGNING",
    )
)
# … but for those of services that sign themselves.
_SERVICE_WORDS = """
STRIPE PAYPAL GITHUB GITLAB GOOGLE FACEBOOK TWITTER APPLE MICROSOFT AZURE AWS S3 AUTH0 OKTA
CLERK SUPABASE FIREBASE KEYCLOAK OIDC OAUTH OAUTH2 SAML TWILIO SLACK DISCORD LIVEKIT PUSHER
ZOOM SHOPIFY SENTRY MAPBOX WEBHOOK CLIENT CONSUMER PUBLIC
"""
_SERVICES = frozenset(_SERVICE_WORDS.split())
# A prefix that this share of the variables has is the application's name.
_OWN_SHARE = 0.25
_OWN_COUNT = 4
_KEY_NAME = re.compile(r"SECRET|SALT|KEYS?$")
# What these words alone name belongs to somebody else: an access key, a password.
_NOT_OWN = re.compile(r"^(ACCESS_KEYS?|SECRET_ACCESS_KEY|SECRET_TOKEN|KEYS?|TOKEN_KEY|SITE_KEY)$")
# The password of whoever is let in first: the application makes that account with it.
_FIRST_PASSWORD = re.compile(
    r"^(?:\w+_)?(?:FIRST|INITIAL|DEFAULT|BOOTSTRAP|INIT)_(?:SUPER_?USER|ADMIN\w*|OWNER|ROOT|USER)_"
    r"(?:PASSWORD|PASS)$|^(?:\w+_)?SUPERUSER_PASSWORD$"
)


def is_first_password(name: str) -> bool:
    """Whether it is the password of the account that the application makes first."""
    return _FIRST_PASSWORD.match(name.upper()) is not None


def is_own_key(name: str) -> bool:
    """Whether a secret's name says that only the application itself checks it: SECRET_KEY is one,
    STRIPE_SECRET_KEY is not.
    """
    upper = name.upper()
    parts = [part for part in upper.split("_") if part]
    words = set(parts)
    return (
        bool(parts)
        and (words <= _OWN or (bool(words & _OF_SESSIONS) and not words & _SERVICES))
        and _KEY_NAME.search(upper) is not None
        and _NOT_OWN.match(upper) is None
        and not (parts[-1] == "PASSWORD" or upper.endswith("ACCESS_KEY"))
    )


def own_prefix(names: Iterable[str]) -> str:
    """What the application calls its variables by (`PAPERLESS_`); empty where it does not."""
    firsts = Counter(
        first + underscore
        for first, underscore, rest in (name.partition("_") for name in names)
        if rest
    )
    own = [(first, count) for first, count in firsts.most_common() if first[:-1] not in _SERVICES][
        :1
    ]
    enough = max(_OWN_COUNT, firsts.total() * _OWN_SHARE)
    return next((first for first, count in own if count >= enough), "")


def own_key(name: str, framework: str | None) -> str:
    """A new key of 256 random bits, in the form that its reader takes."""
    if framework == "laravel" and name == "APP_KEY":
        return "base64:" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(32)
