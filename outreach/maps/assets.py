"""Which of our own files stand for the files that folium wants from other hosts."""

from __future__ import annotations

LOCAL = {
    "leaflet": "vendor/leaflet/leaflet.js",
    "leaflet_css": "vendor/leaflet/leaflet.css",
    "markercluster": "vendor/leaflet.markercluster/leaflet.markercluster.js",
    "markercluster_css": "vendor/leaflet.markercluster/MarkerCluster.css",
}
LEFT_OUT = frozenset(
    {
        # Only folium.Popup and GeoJson by URL need these; our own layer replaces both.
        "jquery",
        "bootstrap",
        "bootstrap_css",
        # Only folium.Icon needs these.
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_font_css",
        "awesome_markers_css",
        "awesome_rotate_css",
    }
)


class UnknownAsset(LookupError):
    """Folium, or a plugin of it, wants a file that we neither have nor leave out on purpose."""


def local_file(name: str) -> str | None:
    """Return the static file for folium's name of an asset; ``None`` where it is left out.

    Raises:
        UnknownAsset: for any other name, so that a new file of folium's cannot slip in.
    """
    if name in LEFT_OUT:
        return None
    try:
        return LOCAL[name]
    except KeyError:
        raise UnknownAsset(name) from None
