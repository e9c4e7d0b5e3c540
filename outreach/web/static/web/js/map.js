/* Draws visits on a Leaflet map that folium has made.
 *
 * Text from people goes into the page as textContent only. Nothing is fetched from another host.
 */

const GROUND_PANE = "ground";
const LABELS_FROM_ZOOM = 10;
const LABEL_BOX_PX = [110, 26];
const GRID_STEPS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5];
const LINES_WANTED = 6;

/** Draw the visits into folium's layer, and the ground under them where there are no tiles. */
export async function draw(map, layer, settings) {
  map.attributionControl.setPrefix("Leaflet");
  nameControls(map, settings.words);
  L.control.scale({ imperial: false }).addTo(map);
  if (settings.ground) drawGround(map, settings);
  let points;
  try {
    points = settings.points ?? (await load(settings.pointsUrl)).points;
  } catch {
    showNote(map, settings.words.failed);
    return;
  }
  const cluster = settings.isSmall ? L.layerGroup() : clusterOf(settings);
  const markers = new Map();
  for (const point of points) {
    const marker = markerOf(point, settings);
    markers.set(point.key, marker);
    cluster.addLayer(marker);
  }
  layer.addLayer(cluster);
  look(map, points, settings);
  joinList(map, cluster, markers);
  map.getContainer().dataset.points = String(points.length);
}

async function load(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Return an element with a class, text, and children. */
function element(tag, className, text = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  made.append(...children);
  return made;
}

export function nameControls(map, words) {
  const container = map.getContainer();
  for (const [sign, word] of [["in", words.zoomIn], ["out", words.zoomOut]]) {
    const link = container.querySelector(`.leaflet-control-zoom-${sign}`);
    link?.setAttribute("aria-label", word);
    link?.setAttribute("title", word);
  }
}

function showNote(map, text) {
  const note = element("p", "map-note", text);
  note.setAttribute("role", "alert");
  map.getContainer().append(note);
}

/* --- Visits --------------------------------------------------------------------------------- */

/** The class that a kind of activity has its colours from (outreach/web/labels.py). */
function tone(kinds) {
  const words = {
    mobile_service: "mobile", exhibition: "exhibition", reading_skills: "reading",
    donation: "donation", training: "training", talk: "training",
  };
  return `is-${words[kinds?.[0]] ?? "other"}`;
}

function dayOf(point, language, options) {
  if (!point.day) return "";
  const [year, month, day] = point.day.split("-").map(Number);
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
  return format.format(new Date(Date.UTC(year, month - 1, day)));
}

const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric" };

function shortDay(point) {
  return point.day ? `${Number(point.day.slice(8))}/${Number(point.day.slice(5, 7))}` : "";
}

function markerOf(point, settings) {
  const state = point.cancelled ? " is-cancelled" : point.day ? "" : " is-place";
  const pin = element("span", `pin ${tone(point.kinds)}${state}`, shortDay(point));
  // Who hears the map is told what the colours and the place on it say.
  const kind = settings.kinds[point.kinds?.[0]];
  const rest = [point.place, dayOf(point, settings.language, { weekday: "long" }), kind];
  pin.append(element("span", "visually-hidden", `, ${rest.filter(Boolean).join(", ")}`));
  const icon = L.divIcon({ html: pin, className: "pin-spot", iconSize: null });
  const marker = L.marker([point.lat, point.lon], { icon, riseOnHover: true });
  marker.point = point;
  if (point.day) {
    marker.bindPopup(() => popupOf(point, settings), { maxWidth: 280, minWidth: 200 });
    marker.on("popupopen", (event) => {
      const close = event.popup.getElement()?.querySelector(".leaflet-popup-close-button");
      close?.setAttribute("aria-label", settings.words.close);
    });
  } else {
    marker.bindTooltip(element("span", "", point.place), { permanent: true, direction: "top" });
  }
  return marker;
}

function popupOf(point, settings) {
  const box = element("div", `map-popup ${tone(point.kinds)}`);
  const when = `${dayOf(point, settings.language, LONG)}, ${point.starts}–${point.ends}`;
  box.append(element("p", "when", when));
  const title = element("a", "", point.title);
  title.href = point.url;
  box.append(element("h3", "", "", title));
  const place = point.title.includes(point.place) ? "" : point.place;
  box.append(element("p", "soft", [place, point.area].filter(Boolean).join(", ")));
  const kinds = [...new Set(point.kinds)].map((code) => settings.kinds[code] ?? code);
  box.append(element("p", "small", kinds.join(" · ")));
  return box;
}

function clusterOf(settings) {
  return L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: 58,
    animate: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    iconCreateFunction: (cluster) => clusterIcon(cluster, settings),
  });
}

/** A cluster says how many places it holds and when the first of them is visited. */
function clusterIcon(cluster, settings) {
  const points = cluster.getAllChildMarkers().map((marker) => marker.point);
  const first = points.reduce((a, b) => ((b.day ?? "9") < (a.day ?? "9") ? b : a));
  const box = element("span", "pin-group");
  box.append(element("b", "", String(points.length)), element("span", "", shortDay(first)));
  const words = settings.words.several
    .replace("%(count)s", String(points.length))
    .replace("%(day)s", dayOf(first, settings.language, LONG));
  box.setAttribute("aria-label", words);
  box.setAttribute("role", "img");
  return L.divIcon({ html: box, className: "pin-spot", iconSize: null });
}

function look(map, points, settings) {
  if (points.length === 0) return;
  const bounds = L.latLngBounds(points.map((point) => [point.lat, point.lon]));
  map.fitBounds(bounds.pad(0.12), { maxZoom: settings.isSmall ? 12 : 13, animate: false });
}

/** Let the list beside the map point at it. */
function joinList(map, cluster, markers) {
  for (const button of document.querySelectorAll("[data-map-list] [data-point]")) {
    const marker = markers.get(button.dataset.point);
    if (!marker) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      map.getContainer().scrollIntoView({ block: "nearest" });
      cluster.zoomToShowLayer(marker, () => {
        marker.openPopup();
        marker.getElement()?.focus({ preventScroll: true });
      });
    });
  }
}

/* --- The ground without tiles --------------------------------------------------------------- */

export async function drawGround(map, settings) {
  const pane = map.createPane(GROUND_PANE);
  pane.style.zIndex = 250;
  pane.setAttribute("aria-hidden", "true");
  const grid = L.layerGroup().addTo(map);
  const names = L.layerGroup().addTo(map);
  const renderer = L.canvas({ pane: GROUND_PANE, padding: 0.3 });
  const ground = settings.ground;
  const land = settings.landUrl ? await load(settings.landUrl).catch(() => null) : null;
  if (land && isInside(ground, land.box)) drawLand(map, land, renderer);
  map.on("moveend", () => drawGrid(map, grid, renderer, settings.words));
  map.on("moveend", () => drawNames(map, names, ground));
  drawGrid(map, grid, renderer, settings.words);
  drawNames(map, names, ground);
  drawOffices(map, ground.offices, renderer);
  if (!settings.officesUrl) return;
  const found = await load(settings.officesUrl).catch(() => ({ offices: [] }));
  ground.offices = found.offices;
  drawOffices(map, ground.offices, renderer);
  drawNames(map, names, ground);
}

function drawOffices(map, offices, renderer) {
  const fillColor = token(map, "--edge");
  const dot = { renderer, radius: 2, stroke: false, fillColor, fillOpacity: 0.5 };
  for (const [lat, lon] of offices) {
    L.circleMarker([lat, lon], { ...dot, interactive: false, pane: GROUND_PANE }).addTo(map);
  }
}

function token(map, name) {
  return getComputedStyle(map.getContainer()).getPropertyValue(name).trim();
}

/** Tell whether all that is served lies in the region that the land is drawn of. */
function isInside(ground, [west, south, east, north]) {
  return [...ground.provinces, ...ground.offices].every(
    ([lat, lon]) => lat > south && lat < north && lon > west && lon < east,
  );
}

/** Draw land and sea, and keep the map within what is drawn. */
function drawLand(map, land, renderer) {
  const [west, south, east, north] = land.box;
  map.getContainer().classList.add("has-sea");
  map.setMaxBounds([[south, west], [north, east]]);
  map.options.maxBoundsViscosity = 1;
  map.attributionControl.addAttribution("Natural Earth");
  const look = { renderer, pane: GROUND_PANE, interactive: false, smoothFactor: 0.5, weight: 1 };
  const colours = { fillColor: token(map, "--map-land"), color: token(map, "--map-coast") };
  for (const ring of land.rings) {
    const places = ring.map(([lon, lat]) => [lat, lon]);
    L.polygon(places, { ...look, ...colours, fillOpacity: 1 }).addTo(map);
  }
}

/** Draw lines of latitude and longitude with their degrees, about as many at every zoom. */
function drawGrid(map, grid, renderer, words) {
  grid.clearLayers();
  const bounds = map.getBounds().pad(0.05);
  const span = Math.max(bounds.getEast() - bounds.getWest(), bounds.getNorth() - bounds.getSouth());
  const step = GRID_STEPS.find((size) => span / size <= LINES_WANTED) ?? 10;
  const line = { renderer, pane: GROUND_PANE, interactive: false, weight: 1 };
  line.color = token(map, "--map-grid");
  const corner = map.getBounds();
  const isClear = (place) => {
    const { x, y } = map.latLngToContainerPoint(place);
    return x > -1 && x < map.getSize().x - 50 && y > 30;
  };
  for (const lat of steps(bounds.getSouth(), bounds.getNorth(), step)) {
    L.polyline([[lat, bounds.getWest()], [lat, bounds.getEast()]], line).addTo(grid);
    const at = [lat, corner.getWest()];
    if (isClear(at)) nameAt(at, degrees(lat, words.north, words.south), "grid-name lat").addTo(grid);
  }
  for (const lon of steps(bounds.getWest(), bounds.getEast(), step)) {
    L.polyline([[bounds.getSouth(), lon], [bounds.getNorth(), lon]], line).addTo(grid);
    const at = [corner.getNorth(), lon];
    if (isClear([corner.getCenter().lat, lon])) {
      nameAt(at, degrees(lon, words.east, words.west), "grid-name lon").addTo(grid);
    }
  }
}

function* steps(from, to, size) {
  for (let count = Math.ceil(from / size); count * size <= to; count += 1) {
    yield Number((count * size).toFixed(4));
  }
}

function degrees(value, positive, negative) {
  const figure = Math.abs(value).toLocaleString(document.documentElement.lang);
  return `${figure}° ${value < 0 ? negative : positive}`;
}

function nameAt(place, text, className) {
  const icon = L.divIcon({ html: element("span", "", text), className, iconSize: null });
  // Markers are stacked by latitude: without the offset, the northern ones lie under the land.
  const above = { zIndexOffset: 10_000, pane: GROUND_PANE };
  return L.marker(place, { ...above, icon, interactive: false, keyboard: false });
}

/** Write the provinces from afar and the communes from near, none over another. */
function drawNames(map, names, ground) {
  names.clearLayers();
  const isNear = map.getZoom() >= LABELS_FROM_ZOOM;
  const bounds = map.getBounds();
  const taken = new Set();
  for (const [lat, lon, name] of isNear ? ground.offices : ground.provinces) {
    if (!bounds.contains([lat, lon])) continue;
    const at = map.latLngToContainerPoint([lat, lon]);
    const cell = [Math.round(at.x / LABEL_BOX_PX[0]), Math.round(at.y / LABEL_BOX_PX[1])].join();
    if (taken.has(cell)) continue;
    taken.add(cell);
    nameAt([lat, lon], name, isNear ? "ground-name" : "ground-name province").addTo(names);
  }
}
