"""Our own folium layer: one call of a static module instead of a script for every point."""

from __future__ import annotations

from typing import Any

import folium
from folium.elements import JSCSSMixin
from folium.template import Template


class PointLayer(JSCSSMixin, folium.map.Layer):
    """Points that ``map.js`` loads by URL, or is given, and draws with their text as text.

    Args:
        module: address of the ES module.
        settings: what its ``draw`` is given beside map and layer; must serialise to JSON.
        clusters: whether points that are close together are drawn as one.
    """

    # tojson also escapes <, > and &, so no text can end the script it stands in.
    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.layerGroup();
            import({{ this.module|tojson }}).then((module) => module.draw(
                {{ this._parent.get_name() }}, {{ this.get_name() }}, {{ this.settings|tojson }}
            ));
        {% endmacro %}
        """
    )

    def __init__(self, *, module: str, settings: dict[str, Any], clusters: bool) -> None:
        super().__init__(name="points", control=False)
        self.default_js = [("markercluster", "leaflet.markercluster.js")] if clusters else []
        self.default_css = [("markercluster_css", "MarkerCluster.css")] if clusters else []
        self._name = "PointLayer"
        self._id = "points"
        self.module = module
        self.settings = settings
