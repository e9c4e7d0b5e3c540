from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("places", "0003_notes_into_access_files")]

    operations = [
        migrations.RemoveField(model_name="venue", name="access_codes"),
        migrations.DeleteModel(name="AccessCode"),
    ]
