# ruff: noqa: E501 - a tree a line, read sideways
"""Under which prefixes Python's routes answer, as far as that can be read."""

from cases import case, demands

ROUTER = "from fastapi import APIRouter\nrouter = APIRouter({0})\n@router.get('/health')\ndef health():\n    return 1\n"
DJANGO = {
    "requirements.txt": "django\n", "manage.py": "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'p.settings')\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
    "p/__init__.py": "", "p/settings.py": "ROOT_URLCONF = 'p.urls'\nWSGI_APPLICATION = 'p.wsgi.application'\n", "p/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
}  # fmt: skip

CASES = [
    case("mounts-fastapi-nested-with-settings", {
        "requirements.txt": "fastapi\nuvicorn\npydantic-settings\n", "app/__init__.py": "", "app/config.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    API_V1_STR: str = '/api/v1'\nsettings = Settings()\n",
        "app/main.py": "from fastapi import FastAPI\nfrom app.api.main import api_router\nfrom app.config import settings\napp = FastAPI()\napp.include_router(api_router, prefix=settings.API_V1_STR)\n",
        "app/api/__init__.py": "", "app/api/main.py": "from fastapi import APIRouter\nfrom app.api.routes import status\napi_router = APIRouter()\napi_router.include_router(status.router, prefix='/status')\n",
        "app/api/routes/__init__.py": "", "app/api/routes/status.py": ROUTER.format("")},
         health_path="/api/v1/status/health"),
    case("mounts-fastapi-own-and-given", {
        "requirements.txt": "fastapi\n", "main.py": "from fastapi import FastAPI\nfrom routes import router\napp = FastAPI()\napp.include_router(router, prefix='/v1')\n", "routes.py": ROUTER.format("prefix='/ops'")},
         health_path="/v1/ops/health"),
    case("mounts-fastapi-unknown-prefix", {
        "requirements.txt": "fastapi\n", "main.py": "import os\nfrom fastapi import FastAPI\nfrom routes import router\napp = FastAPI()\napp.include_router(router, prefix=os.environ['PREFIX'])\n", "routes.py": ROUTER.format("")},
         health_path="/docs"),
    case("mounts-fastapi-sub-application", {
        "requirements.txt": "fastapi\n", "main.py": "from fastapi import FastAPI\nfrom inner import inner\napp = FastAPI()\napp.mount('/inner', inner)\n", "inner.py": "from fastapi import FastAPI\ninner = FastAPI()\n@inner.get('/health')\ndef health():\n    return 1\n"},
         health_path="/inner/health"),
    case("mounts-flask-blueprint-overridden", {
        "requirements.txt": "flask\n", "app.py": "from flask import Flask\nfrom ops import bp\napp = Flask(__name__)\napp.register_blueprint(bp, url_prefix='/new')\n", "ops.py": "from flask import Blueprint\nbp = Blueprint('ops', __name__, url_prefix='/old')\n@bp.get('/healthz')\ndef ping():\n    return 'pong'\n"},
         health_path="/new/healthz"),
    case("mounts-django-included-twice", {
        **DJANGO, "p/urls.py": "from django.urls import include, path\nurlpatterns = [path('api/', include('api.urls'))]\n", "api/__init__.py": "", "api/urls.py": "from django.urls import include, path\nurlpatterns = [path('v2/', include(('ops.urls', 'ops')))]\n",
        "ops/__init__.py": "", "ops/urls.py": "from django.urls import path\nfrom . import views\nurlpatterns = [path('healthz', views.healthz)]\n", "ops/views.py": "from django.http import HttpResponse\ndef healthz(request):\n    return HttpResponse('ok')\n"},
         health_path="/api/v2/healthz"),
    case("mounts-django-a-list-that-is-included", {
        **DJANGO, "p/urls.py": "from django.urls import include, path\nfrom p import views\napi = [path('status/', views.status)]\nurlpatterns = [path('about/', views.about), path('api/v1/', include(api))]\n"},
         health_path=None),
    case("mounts-django-a-list-with-a-health-path", {
        **DJANGO, "p/urls.py": "from django.urls import include, path\nfrom p import views\napi = [path('healthz', views.status)]\nurlpatterns = [path('about/', views.about), path('api/v1/', include((api, 'p')))]\n"},
         health_path="/api/v1/healthz"),
    case("mounts-django-a-list-that-nothing-includes", {
        **DJANGO, "p/urls.py": "from django.urls import path\nfrom p import views\nlater = [path('healthz', views.status)]\nurlpatterns = [path('', views.home)]\n"},
         health_path="/"),
    case("mounts-django-a-list-that-is-added", {
        **DJANGO, "p/urls.py": "from django.urls import path\nfrom p import views\nops = [path('healthz', views.status)]\nurlpatterns = [path('', views.home)]\nurlpatterns += ops\n"},
         health_path="/healthz"),
    case("mounts-django-a-list-that-is-all-unless-a-prefix-is-set", {
        **DJANGO, "p/urls.py": "from django.conf import settings\nfrom django.urls import include, path\nfrom p import views\nreal = [path('healthz', views.status)]\nif settings.PREFIX:\n    urlpatterns = [path(settings.PREFIX, include(real))]\nelse:\n    urlpatterns = real\n"},
         health_path="/healthz"),
    case("mounts-django-a-list-in-its-place", {
        **DJANGO, "p/urls.py": "from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import include, path\nfrom p import views\nurlpatterns = [path('ops/', include([path('healthz', views.status), path('', views.home)]))] + i18n_patterns(path('about/', views.about))\n"},
         health_path="/ops/healthz"),
    case("mounts-django-front-page-wants-a-login", {
        **DJANGO, "p/urls.py": "from django.contrib import admin\nfrom django.urls import path\nfrom p import views\nurlpatterns = [path('', views.home), path('about/', views.about), path('admin/', admin.site.urls)]\n", "p/views.py": "from django.contrib.auth.decorators import login_required\n@login_required\ndef home(request):\n    return None\ndef about(request):\n    return None\n"},
         health_path="/admin/login/"),
    case("mounts-django-class-wants-a-login", {
        **DJANGO, "p/urls.py": "from django.urls import path\nfrom p.views import Home\nurlpatterns = [path('', Home.as_view())]\n", "p/views.py": "from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.views.generic import TemplateView\nclass Home(LoginRequiredMixin, TemplateView):\n    template_name = 'x.html'\n"},
         health_path=None),
    case("mounts-django-included-front-page", {
        **DJANGO, "p/urls.py": "from django.urls import include, path\nurlpatterns = [path('', include('blog.urls'))]\n", "blog/__init__.py": "", "blog/urls.py": "from django.urls import path\nfrom blog import views\nurlpatterns = [path('', views.index)]\n", "blog/views.py": "def index(request):\n    return None\n"},
         health_path="/"),
    case("mounts-django-health-check-package", {
        **DJANGO, "p/urls.py": "from django.urls import include, path\nurlpatterns = [path('health/', include('health_check.urls'))]\n"},
         health_path="/health/"),
    case("mounts-django-rest-permissions-want-a-login", {
        **DJANGO, "requirements.txt": "django\ndjangorestframework\n", "p/urls.py": "from django.urls import path\nfrom p.api.base import Home, Status\nurlpatterns = [path('api/status/', Status.as_view()), path('', Home.as_view())]\n", "p/api/__init__.py": "",
        "p/api/base.py": "from rest_framework.permissions import AllowAny, IsAuthenticated\nfrom rest_framework.views import APIView\nclass Status(APIView):\n    permission_classes = [IsAuthenticated]\nclass Home(APIView):\n    permission_classes = [AllowAny]\n"},
         health_path="/"),
    case("mounts-django-rest-health-for-everybody", {
        **DJANGO, "requirements.txt": "django\ndjangorestframework\n", "p/urls.py": "from django.urls import path\nfrom p.views import Status\nurlpatterns = [path('api/health/', Status.as_view())]\n", "p/views.py": "from rest_framework.permissions import AllowAny\nfrom rest_framework.views import APIView\nclass Status(APIView):\n    permission_classes = [AllowAny]\n"},
         health_path="/api/health/"),
    case("django-settings-of-a-sample", {
        **DJANGO, "requirements.txt": "django\npsycopg\n", "p/settings.py": "from p import configuration\nSECRET_KEY = configuration.SECRET_KEY\nDATABASES = configuration.DATABASES\nROOT_URLCONF = 'p.urls'\nWSGI_APPLICATION = 'p.wsgi.application'\n", "p/configuration_example.py": "SECRET_KEY = ''\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'p', 'USER': '', 'PASSWORD': '', 'HOST': 'localhost'}}\n", "p/urls.py": "urlpatterns = []\n"},
         needs=["postgresql"], env=demands("SECRET_KEY")),
]  # fmt: skip
