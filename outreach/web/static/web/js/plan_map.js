/* Draws the lines of a plan on a Leaflet map that folium has made: a line for each vehicle and day,
 * with its stops. Text from people goes into the page as textContent only.
 */

const WIDTHS = { line: 3, over: 6 };
const DASHES = ["", "8 5", "2 5", "12 4 2 4", "", "8 5"];

export async function draw(map, layer, settings) {
  const ground = await import(settings.mapModule);
  map.attributionControl.setPrefix("Leaflet");
  ground.nameControls(map, settings.words);
  L.control.scale({ imperial: false }).addTo(map);
  if (settings.ground) ground.drawGround(map, settings);
  const drawn = settings.lines.map((line) => drawLine(line, layer, map));
  look(map, settings.lines);
  joinLegend(map, layer, settings.lines, drawn);
  map.getContainer().dataset.lines = String(settings.lines.length);
}

function colour(map, look) {
  return getComputedStyle(map.getContainer()).getPropertyValue(`--look-${look}`).trim() || "#1f5fc2";
}

function drawLine(line, layer, map) {
  const style = { color: colour(map, line.look), weight: WIDTHS.line, dashArray: DASHES[line.look] };
  const group = L.layerGroup().addTo(layer);
  const way = L.polyline(line.points, { ...style, opacity: 0.85 }).addTo(group);
  way.bindTooltip(said(line.name), { sticky: true });
  way.on("mouseover", () => way.setStyle({ weight: WIDTHS.over }));
  way.on("mouseout", () => way.setStyle({ weight: WIDTHS.line }));
  for (const [lat, lon, text] of line.stops) {
    const dot = { radius: 5, color: style.color, weight: 2, fillOpacity: 1 };
    dot.fillColor = getComputedStyle(map.getContainer()).getPropertyValue("--surface").trim();
    L.circleMarker([lat, lon], dot).bindTooltip(said(text)).addTo(group);
  }
  return group;
}

function said(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

function look(map, lines) {
  const points = lines.flatMap((line) => line.points);
  if (!points.length) return;
  map.fitBounds(L.latLngBounds(points).pad(0.08), { maxZoom: 13, animate: false });
}

/** Let each box of the legend show and hide the lines of its vehicle. */
function joinLegend(map, layer, lines, drawn) {
  for (const box of document.querySelectorAll("[data-look]")) {
    box.disabled = false;
    box.addEventListener("change", () => {
      lines.forEach((line, number) => {
        if (String(line.look) !== box.dataset.look) return;
        if (box.checked) layer.addLayer(drawn[number]);
        else layer.removeLayer(drawn[number]);
      });
    });
  }
}
