from __future__ import annotations

from django.db import models


class Note(models.Model):
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    pinned = models.BooleanField(default=False, help_text="Pinned notes come first.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pinned", "-created")

    def __str__(self) -> str:
        return self.title
