from typing import Any

from django.db import migrations

_MEANING: dict[str, dict[str, Any]] = {
    "main_site_only": {"main_site_only": True},
    "no_turning": {"turning": "none"},
    "small_vehicle_only": {"turning": "small"},
    "no_power": {"has_power": False},
    "no_signal": {"signal": "none"},
    "indoor_fallback": {"has_indoor_room": True},
    # The months of the region's storms and floods.
    "flood_prone": {"flood_months": frozenset({9, 10, 11})},
    "steep": {"slope": "steep"},
}


def open_access_files(apps: Any, schema_editor: Any) -> None:
    """Write what the codes of a venue said into its access file."""
    Venue = apps.get_model("places", "Venue")
    VenueAccess = apps.get_model("places", "VenueAccess")
    files: dict[int, Any] = {}
    links = Venue.access_codes.through.objects.order_by("accesscode_id")
    # "No turning" after "small vehicles only" would hide it, and the other way round: the stricter
    # one is written last.
    for link in sorted(links, key=lambda link: link.accesscode_id == "no_turning"):
        file = files.setdefault(link.venue_id, VenueAccess(venue_id=link.venue_id))
        for name, value in _MEANING.get(link.accesscode_id, {}).items():
            setattr(file, name, value)
    VenueAccess.objects.bulk_create(files.values())


def name_the_sets_of_successions(apps: Any, schema_editor: Any) -> None:
    """Each succession came with the set of its new unit."""
    Succession = apps.get_model("places", "Succession")
    for unit_set in apps.get_model("places", "UnitSet").objects.all():
        Succession.objects.filter(successor__unit_set=unit_set).update(unit_set=unit_set)


class Migration(migrations.Migration):

    dependencies = [("places", "0002_access_units_and_geocoding")]

    operations = [
        migrations.RunPython(open_access_files, migrations.RunPython.noop),
        migrations.RunPython(name_the_sets_of_successions, migrations.RunPython.noop),
    ]
