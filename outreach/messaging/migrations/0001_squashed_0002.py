import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('messaging', '0001_initial'), ('messaging', '0002_calendar_parts')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('to', models.EmailField(max_length=254, verbose_name='to')),
                ('subject', models.CharField(max_length=200, verbose_name='subject')),
                ('body', models.TextField(verbose_name='text')),
                ('calendar', models.BinaryField(default=b'', verbose_name='calendar part')),
                ('method', models.CharField(blank=True, choices=[('', 'no calendar part'), ('REQUEST', 'invitation'), ('CANCEL', 'cancellation')], default='', max_length=10, verbose_name='calendar method')),
                ('about', models.CharField(blank=True, db_index=True, max_length=80, verbose_name='about')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='written')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('next_try_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='next try')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('given_up_at', models.DateTimeField(blank=True, null=True, verbose_name='given up')),
                ('last_error', models.TextField(blank=True, verbose_name='last error')),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='accounts.library', verbose_name='library')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ['-created_at', '-pk'],
                'indexes': [models.Index(models.F('next_try_at'), condition=models.Q(('given_up_at__isnull', True), ('sent_at__isnull', True)), name='message_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), ('given_up_at__isnull', True), _connector='OR'), name='message_sent_or_given_up')],
            },
        ),
        migrations.CreateModel(
            name='MessagePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(choices=[('REQUEST', 'invitation'), ('CANCEL', 'cancellation')], max_length=10, verbose_name='calendar method')),
                ('calendar', models.BinaryField(verbose_name='calendar part')),
                ('about', models.CharField(blank=True, db_index=True, max_length=80, verbose_name='about')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='messaging.message')),
            ],
            options={
                'verbose_name': 'calendar part',
                'verbose_name_plural': 'calendar parts',
                'ordering': ['message', 'pk'],
            },
        ),
    ]
