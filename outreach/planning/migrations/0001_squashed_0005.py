import django.core.validators
import django.db.models.deletion
import outreach.common.constraints
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('planning', '0001_initial'), ('planning', '0002_short_stops'), ('planning', '0003_stop_imports'), ('planning', '0004_approval_and_visits_owed'), ('planning', '0005_strict_imports')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('places', '0001_initial'),
        ('scheduling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalOwedVisit',
            fields=[
                ('due_on', models.DateField(verbose_name='to be made up by')),
                ('waived_at', models.DateTimeField(blank=True, null=True, verbose_name='waived')),
                ('waived_because', models.CharField(blank=True, max_length=200, verbose_name='why it is not made up')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('event', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='scheduling.event', verbose_name='event called off')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('waived_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='waived by')),
            ],
            options={
                'verbose_name': 'historical visit owed',
                'verbose_name_plural': 'historical visits owed',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalPromise',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('every_weeks', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(26)], verbose_name='every … weeks')),
                ('service_min', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(600)], verbose_name='minutes of service')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='until')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('venue', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='places.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'historical promise',
                'verbose_name_plural': 'historical promises',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalSeason',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('ends_on', models.DateField(verbose_name='first day after')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('library', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.library', verbose_name='library')),
            ],
            options={
                'verbose_name': 'historical season',
                'verbose_name_plural': 'historical seasons',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Season',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('ends_on', models.DateField(verbose_name='first day after')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seasons', to='accounts.library', verbose_name='library')),
            ],
            options={
                'verbose_name': 'season',
                'verbose_name_plural': 'seasons',
                'ordering': ['-starts_on', 'library'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='season_ends_after_start', violation_error_message='The end must be after the start.'), outreach.common.constraints.NoOverlap(end='ends_on', name='season_once', resources=('library',), start='starts_on', violation_error_code='season_overlaps', violation_error_message='This library has another season at that time.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalSeasonSubmission',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('uid', models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('content', models.JSONField(default=list, editable=False)),
                ('checksum', models.CharField(editable=False, max_length=64, verbose_name='checksum')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('state', models.CharField(choices=[('submitted', 'submitted'), ('approved', 'approved'), ('returned', 'sent back'), ('withdrawn', 'withdrawn')], default='submitted', max_length=10, verbose_name='state')),
                ('made_at', models.DateTimeField(verbose_name='when')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('authority', models.CharField(blank=True, max_length=200, verbose_name='authority')),
                ('decision', models.CharField(blank=True, max_length=80, verbose_name='number of the decision')),
                ('decision_on', models.DateField(blank=True, null=True, verbose_name='date of the decision')),
                ('decision_note', models.TextField(blank=True, verbose_name='note on the decision')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('season', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='planning.season', verbose_name='season')),
            ],
            options={
                'verbose_name': 'historical plan for approval',
                'verbose_name_plural': 'historical plans for approval',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='SeasonSubmission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('content', models.JSONField(default=list, editable=False)),
                ('checksum', models.CharField(editable=False, max_length=64, verbose_name='checksum')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('state', models.CharField(choices=[('submitted', 'submitted'), ('approved', 'approved'), ('returned', 'sent back'), ('withdrawn', 'withdrawn')], default='submitted', max_length=10, verbose_name='state')),
                ('made_at', models.DateTimeField(verbose_name='when')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('authority', models.CharField(blank=True, max_length=200, verbose_name='authority')),
                ('decision', models.CharField(blank=True, max_length=80, verbose_name='number of the decision')),
                ('decision_on', models.DateField(blank=True, null=True, verbose_name='date of the decision')),
                ('decision_note', models.TextField(blank=True, verbose_name='note on the decision')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('season', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='planning.season', verbose_name='season')),
            ],
            options={
                'verbose_name': 'plan for approval',
                'verbose_name_plural': 'plans for approval',
                'ordering': ['season', '-number'],
                'constraints': [models.UniqueConstraint(models.F('season'), models.F('number'), name='submission_number_once'), models.UniqueConstraint(models.F('season'), condition=models.Q(('state', 'submitted')), name='submission_open_once', violation_error_message="This season's plan is waiting for a decision already."), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'submitted')), models.Q(models.Q(('state', 'submitted'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='submission_decided_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='StopImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('made_at', models.DateTimeField(verbose_name='when')),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('content', models.BinaryField()),
                ('since', models.DateField(verbose_name='first day')),
                ('weeks', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(104)], verbose_name='weeks')),
                ('override_reason', models.TextField(blank=True, help_text='Empty: the visits are drafts.', verbose_name='why they may be public at once')),
                ('strict', models.BooleanField(default=False, help_text='Else their visits become drafts, with a note.', verbose_name='refuse rows that break a rule')),
                ('state', models.CharField(choices=[('checking', 'being checked'), ('checked', 'to be looked at'), ('storing', 'being stored'), ('done', 'imported'), ('failed', 'not readable'), ('cancelled', 'given up')], default='checking', max_length=10, verbose_name='state')),
                ('done', models.PositiveIntegerField(default=0, editable=False)),
                ('total', models.PositiveIntegerField(default=0, editable=False)),
                ('report', models.JSONField(default=dict, editable=False)),
                ('failure', models.TextField(blank=True, editable=False, verbose_name='why not')),
                ('beat_at', models.DateTimeField(editable=False)),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stop_imports', to='accounts.library', verbose_name='library')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'import of stops',
                'verbose_name_plural': 'imports of stops',
                'ordering': ['-made_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='OwedVisit',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='owed', serialize=False, to='scheduling.event', verbose_name='event called off')),
                ('due_on', models.DateField(verbose_name='to be made up by')),
                ('waived_at', models.DateTimeField(blank=True, null=True, verbose_name='waived')),
                ('waived_because', models.CharField(blank=True, max_length=200, verbose_name='why it is not made up')),
                ('waived_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='waived by')),
            ],
            options={
                'verbose_name': 'visit owed',
                'verbose_name_plural': 'visits owed',
                'ordering': ['due_on', 'event'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('waived_at__isnull', True), ('waived_by__isnull', True)), models.Q(('waived_at__isnull', False), ('waived_by__isnull', False), models.Q(('waived_because', ''), _negated=True)), _connector='OR'), name='owed_waived_with_reason')],
            },
        ),
        migrations.CreateModel(
            name='Promise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('every_weeks', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(26)], verbose_name='every … weeks')),
                ('service_min', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(600)], verbose_name='minutes of service')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='until')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='promises', to='places.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'promise',
                'verbose_name_plural': 'promises',
                'ordering': ['venue', 'starts_on'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='promise_ends_after_start', violation_error_message='The end must be after the start.'), models.CheckConstraint(condition=models.Q(('every_weeks__gte', 1), ('every_weeks__lte', 26), ('service_min__gte', 1), ('service_min__lte', 600)), name='promise_in_range'), outreach.common.constraints.NoOverlap(end='ends_on', name='promise_once_at_a_time', resources=('venue',), start='starts_on', violation_error_code='promise_overlaps', violation_error_message='This venue has another promise at that time.')],
            },
        ),
    ]
