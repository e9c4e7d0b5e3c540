import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('scheduling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='entry', serialize=False, to='scheduling.event', verbose_name='event')),
                ('sequence', models.PositiveIntegerField(default=0, verbose_name='sequence')),
                ('last_modified', models.DateTimeField(verbose_name='last modified')),
                ('digest', models.CharField(max_length=64)),
                ('vevent', models.BinaryField()),
            ],
            options={
                'verbose_name': 'calendar entry',
                'verbose_name_plural': 'calendar entries',
                'indexes': [models.Index(models.F('last_modified'), name='entry_last_modified')],
            },
        ),
    ]
