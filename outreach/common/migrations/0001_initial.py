"""Equality inside a GiST index, which exclusion constraints need; SQLite has nothing to do."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [BtreeGistExtension()]
