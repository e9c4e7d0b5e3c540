import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import outreach.scheduling.models.reference
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('places', '0001_initial'),
        ('scheduling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RefusalReason',
            fields=[
                ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                ('name_vi', models.CharField(max_length=200, verbose_name='Vietnamese name')),
                ('name_en', models.CharField(max_length=200, verbose_name='English name')),
                ('note_vi', models.TextField(blank=True, verbose_name='Vietnamese note')),
                ('note_en', models.TextField(blank=True, verbose_name='English note')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('in_use', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'reason for refusal',
                'verbose_name_plural': 'reasons for refusal',
                'ordering': ['position', 'code'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HistoricalBooking',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('uid', models.CharField(db_index=True, default=outreach.scheduling.models.reference.new_uid, editable=False, max_length=36)),
                ('wanted_on', models.DateField(verbose_name='wanted day')),
                ('classes', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='classes')),
                ('pupils', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5000)], verbose_name='pupils')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('state', models.CharField(choices=[('submitted', 'waiting for an answer'), ('accepted', 'accepted'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('called_off', 'called off')], default='submitted', max_length=10, verbose_name='state')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='asked')),
                ('answered_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('asked_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('event', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='scheduling.event', verbose_name='event')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('kind', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='scheduling.activitykind', verbose_name='what for')),
                ('library', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.library', verbose_name='library')),
                ('venue', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='places.venue', verbose_name='venue')),
                ('refusal', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='bookings.refusalreason', verbose_name='reason for refusal')),
            ],
            options={
                'verbose_name': 'historical booking',
                'verbose_name_plural': 'historical bookings',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(default=outreach.scheduling.models.reference.new_uid, editable=False, max_length=36, unique=True)),
                ('wanted_on', models.DateField(verbose_name='wanted day')),
                ('classes', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='classes')),
                ('pupils', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5000)], verbose_name='pupils')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('state', models.CharField(choices=[('submitted', 'waiting for an answer'), ('accepted', 'accepted'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('called_off', 'called off')], default='submitted', max_length=10, verbose_name='state')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='asked')),
                ('answered_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings_asked', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='scheduling.event', verbose_name='event')),
                ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='scheduling.activitykind', verbose_name='what for')),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='accounts.library', verbose_name='library')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='places.venue', verbose_name='venue')),
                ('refusal', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='bookings.refusalreason', verbose_name='reason for refusal')),
            ],
            options={
                'verbose_name': 'booking',
                'verbose_name_plural': 'bookings',
                'ordering': ['-asked_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['accepted', 'called_off']), _negated=True), ('event__isnull', False), _connector='OR'), name='booking_accepted_has_event'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['submitted', 'refused']), _negated=True), ('event__isnull', True), _connector='OR'), name='booking_waiting_has_no_event'), models.CheckConstraint(condition=models.Q(('classes__gte', 1), ('classes__lte', 60), ('pupils__gte', 1), ('pupils__lte', 5000)), name='booking_in_range'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), ('refusal__isnull', False), _connector='OR'), name='booking_refused_has_reason', violation_error_message='A refusal needs a reason.')],
            },
        ),
    ]
