from django.contrib import admin

from board.models import Card

admin.site.register(Card)
