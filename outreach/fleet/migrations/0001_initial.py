import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CrewMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('full_name', models.CharField(max_length=120, verbose_name='name')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('can_operate', models.BooleanField(default=False, verbose_name='may operate vehicles')),
                ('is_professional', models.BooleanField(default=True, verbose_name='is professional staff')),
                ('is_in_use', models.BooleanField(default=True, verbose_name='goes out')),
                ('is_invented', models.BooleanField(default=False, verbose_name='invented')),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='crew', to='accounts.library', verbose_name='library')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='crew_member', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'crew member',
                'verbose_name_plural': 'crew',
                'ordering': ['library', 'full_name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('can_operate', True), ('is_professional', True), _connector='OR'), name='crew_member_has_a_skill', violation_error_message='A crew member operates, serves readers, or both.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCrewMember',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('full_name', models.CharField(max_length=120, verbose_name='name')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('can_operate', models.BooleanField(default=False, verbose_name='may operate vehicles')),
                ('is_professional', models.BooleanField(default=True, verbose_name='is professional staff')),
                ('is_in_use', models.BooleanField(default=True, verbose_name='goes out')),
                ('is_invented', models.BooleanField(default=False, verbose_name='invented')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('library', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.library', verbose_name='library')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'historical crew member',
                'verbose_name_plural': 'historical crew',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalVehicle',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, verbose_name='address name')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('kind', models.CharField(choices=[('van', 'book van'), ('boat', 'boat'), ('push_cart', 'push-cart'), ('other', 'other')], default='van', max_length=12, verbose_name='kind')),
                ('plate', models.CharField(blank=True, max_length=20, verbose_name='number plate')),
                ('capacity_items', models.PositiveIntegerField(blank=True, null=True, verbose_name='items it carries')),
                ('length_m', models.FloatField(blank=True, null=True, verbose_name='length (m)')),
                ('is_in_use', models.BooleanField(default=True, verbose_name='in use')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('base', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='places.venue', verbose_name='base')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('library', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.library', verbose_name='library')),
            ],
            options={
                'verbose_name': 'historical vehicle',
                'verbose_name_plural': 'historical vehicles',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Vehicle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True, verbose_name='address name')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('kind', models.CharField(choices=[('van', 'book van'), ('boat', 'boat'), ('push_cart', 'push-cart'), ('other', 'other')], default='van', max_length=12, verbose_name='kind')),
                ('plate', models.CharField(blank=True, max_length=20, verbose_name='number plate')),
                ('capacity_items', models.PositiveIntegerField(blank=True, null=True, verbose_name='items it carries')),
                ('length_m', models.FloatField(blank=True, null=True, verbose_name='length (m)')),
                ('is_in_use', models.BooleanField(default=True, verbose_name='in use')),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='vehicles', to='places.venue', verbose_name='base')),
                ('library', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vehicles', to='accounts.library', verbose_name='library')),
            ],
            options={
                'verbose_name': 'vehicle',
                'verbose_name_plural': 'vehicles',
                'ordering': ['library', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Unavailability',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='times_off', to='fleet.crewmember', verbose_name='crew member')),
                ('vehicle', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='times_off', to='fleet.vehicle', verbose_name='vehicle')),
            ],
            options={
                'verbose_name': 'time off',
                'verbose_name_plural': 'times off',
                'ordering': ['starts_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('member__isnull', True), ('vehicle__isnull', False)), models.Q(('member__isnull', False), ('vehicle__isnull', True)), _connector='OR'), name='time_off_of_one', violation_error_message='Name a vehicle or a crew member, not both.'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='time_off_ends_after_start', violation_error_message='The end must be after the start.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalUnavailability',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fleet.crewmember', verbose_name='crew member')),
                ('vehicle', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='fleet.vehicle', verbose_name='vehicle')),
            ],
            options={
                'verbose_name': 'historical time off',
                'verbose_name_plural': 'historical times off',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
