from django.db import models


class Card(models.Model):
    """One card on the board."""

    text = models.CharField(max_length=200)
    pinned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pinned_at", "-id"]

    def __str__(self):
        return self.text
