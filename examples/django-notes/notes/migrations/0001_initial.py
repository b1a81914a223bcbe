# ruff: noqa: RUF012  (lists, as Django writes them)
from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField(blank=True)),
                ("pinned", models.BooleanField(default=False, help_text="Pinned notes come first.")),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ("-pinned", "-created")},
        ),
    ]
