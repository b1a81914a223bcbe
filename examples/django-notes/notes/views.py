from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notes.models import Note

PAGE_LIMIT = 100


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "notes/index.html", {"notes": Note.objects.all()[:PAGE_LIMIT]})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answers once the database is there and migrated."""
    Note.objects.exists()
    return JsonResponse({"status": "ok"})
