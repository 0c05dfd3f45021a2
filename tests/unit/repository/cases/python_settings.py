"""Pydantic's settings: families of classes, names with prefixes and aliases, what the code gives."""

# ruff: noqa: E501 - a tree a line, read sideways
from cases import case, demands

FASTAPI = {"language": "python", "kind": "web", "framework": "fastapi"}
ROOT = "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import AliasChoices, BaseModel, Field\n"
MAIN = "from fastapi import FastAPI\nfrom shop.settings import settings\n\napp = FastAPI()\n"


def _shop(**modules: str) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {
        "requirements.txt": "fastapi\nuvicorn\npydantic-settings\n", "shop/__init__.py": "", "shop/main.py": MAIN,
    }  # fmt: skip
    return files | {f"shop/{name}.py": text for name, text in modules.items()}


def _one(body: str) -> dict[str, str | bytes]:
    return _shop(settings=f"{ROOT}\n{body}\nsettings = Settings()\n")


CASES = [
    case(
        "settings of a class whose root is in another module",
        _shop(base=f"{ROOT}\nclass Root(BaseSettings):\n    stage: str = 'prod'\n",
              stages="from shop.base import Root\n\nclass Shared(Root):\n    secret_key: str\n    title: str = 'Shop'\n",
              settings="from .stages import Shared\n\nclass Production(Shared):\n    mail_token: str\n\nsettings = Production()\n"),
        **FASTAPI, env=demands("SECRET_KEY", "MAIL_TOKEN"),
    ),
    case(
        "a field that a class further down has a default for",
        _shop(settings=f"{ROOT}\nclass Shared(BaseSettings):\n    secret_key: str\n    region: str\n\nclass Settings(Shared):\n    region: str = 'north'\n\nsettings = Settings()\n"),
        **FASTAPI, env=demands("SECRET_KEY"),
    ),
    case(
        "a key that only the settings of tests have",
        _shop(settings=f"{ROOT}\nclass Settings(BaseSettings):\n    secret_key: str\n\nclass TestSettings(Settings):\n    secret_key: str = 'of tests'\n\nsettings = Settings()\n"),
        **FASTAPI, env=demands("SECRET_KEY"),
    ),
    case(
        "a prefix that a class has for those below it",
        _shop(settings=f"{ROOT}\nclass Shared(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='shop_')\n\nclass Settings(Shared):\n    signing_key: str\n\nsettings = Settings()\n"),
        **FASTAPI, env=demands("SHOP_SIGNING_KEY"),
    ),
    case(
        "names that fields have besides their own",
        _one("class Settings(BaseSettings):\n    model_config = {'env_prefix': 'SHOP_'}\n    key: str = Field(validation_alias='SIGNING_KEY')\n    token: str = Field(..., validation_alias=AliasChoices('API_TOKEN', 'OLD_API_TOKEN'))\n    page: int = Field(20, alias='PAGE_TOKEN')\n"),
        **FASTAPI, env=demands("SIGNING_KEY", "API_TOKEN"),
    ),
    case(
        "a description within the annotation",
        _one("from typing import Annotated\n\nclass Settings(BaseSettings):\n    key: Annotated[str, Field(alias='SIGNING_KEY')]\n    token: Annotated[str, Field(alias='API_TOKEN')] = ''\n"),
        **FASTAPI, env=demands("SIGNING_KEY"),
    ),
    case(
        "parts of a field behind a delimiter",
        _one("class Mail(BaseModel):\n    token: str\n    sender: str = 'shop'\n\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n    mail: Mail\n"),
        **FASTAPI, env=demands("MAIL__TOKEN"),
    ),
    case(
        "fields that the code gives where it makes the settings",
        _shop(settings=f"{ROOT}import secrets\n\nclass Settings(BaseSettings):\n    secret: str\n    session_secret: str\n    signing_key: str\n\n\ndef made() -> Settings:\n    kept = {{'secret': secrets.token_hex(32)}}\n    return Settings(session_secret=secrets.token_hex(32), **kept)\n\nsettings = made()\n"),
        **FASTAPI, env=demands("SIGNING_KEY"),
    ),
    case(
        "what may be none under the first pydantic",
        _shop(settings="from typing import Optional\nfrom pydantic import BaseSettings\n\nclass Settings(BaseSettings):\n    mail_token: Optional[str]\n    key: str\n\n    class Config:\n        fields = {'key': {'env': 'SIGNING_KEY'}}\n\nsettings = Settings()\n"),
        **FASTAPI, env=demands("SIGNING_KEY"),
    ),
    case(
        "what the repository's own environment file says where the code stops without it",
        _one("class Settings(BaseSettings):\n    project_name: str\n    admin: str\n    site: str\n    api_token: str\n    region: str = 'north'\n    host_of_mail: str\n")
        | {".env": "PROJECT_NAME='The Shop'\nADMIN=admin@example.com\nAPI_TOKEN=changethis\nREGION=south\nSITE=https://your-site.example\nHOST_OF_MAIL=localhost\n"},
        **FASTAPI, sets={"PROJECT_NAME": "The Shop", "ADMIN": "admin@example.com"},
    ),
    case(
        "an environment file at the root of a component's folder",
        {f"backend/{path}": text for path, text in _one("class Settings(BaseSettings):\n    project_name: str\n").items()}
        | {".env.example": "PROJECT_NAME=Shop\n", "frontend/index.html": "<title>Shop</title>"},
        **FASTAPI, path="backend", sets={"PROJECT_NAME": "Shop"},
    ),
    case(
        "a variable that may be none in so many words",
        {"requirements.txt": "fastapi\nuvicorn\n",
         "main.py": "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\nTOKEN = os.environ.get('SEARCH_TOKEN', None)\nKEY = os.getenv('STORAGE_PASSWORD', default=None)\nOTHER = os.getenv('MAIL_TOKEN')\n"},
        **FASTAPI, env=demands("MAIL_TOKEN"),
    ),
    case(
        "models that are no settings",
        _shop(settings=f"{ROOT}\nclass Settings(BaseSettings):\n    signing_key: str\n\nsettings = Settings()\n",
              schemas="from pydantic import BaseModel\n\nclass Shared(BaseModel):\n    token: str\n\nclass Settings(Shared):\n    secret_key: str\n"),
        **FASTAPI, env=demands("SIGNING_KEY"),
    ),
]  # fmt: skip
