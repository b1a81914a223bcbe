from __future__ import annotations

from django.contrib import admin

from notes.models import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ("title", "pinned", "created")
    list_filter = ("pinned", "created")
    search_fields = ("title", "text")
