from django.contrib import admin
from django.urls import path

from board import views

urlpatterns = [
    path("", views.page),
    path("cards", views.add),
    path("health", views.health),
    path("admin/", admin.site.urls),
]
