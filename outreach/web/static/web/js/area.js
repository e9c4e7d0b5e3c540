/**
 * Drawing an area on the map, and choosing communes one after the other.
 *
 * Corners are pressed on the map, dragged, or moved with the arrow keys; "take what is shown" needs
 * no pointer at all. The hidden field holds GeoJSON and is what is sent. Without this file the list
 * of communes does the same work.
 */

const STEP_PX = 10;
const LARGE_STEP_PX = 60;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

class AreaMap {
  constructor(box) {
    this.settings = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    this.words = this.settings.words;
    this.field = document.getElementById(box.dataset.area);
    this.said = box.querySelector("[data-said]");
    this.backButton = box.querySelector("[data-back]");
    this.clearButton = box.querySelector("[data-clear]");
    box.querySelector("[data-with-map]").hidden = false;
    this.map = this.drawMap(box.querySelector("[data-ground]"));
    this.corners = read(this.field.value);
    this.markers = [];
    this.shape = null;
    this.map.on("click", (event) => this.add(event.latlng));
    box.querySelector("[data-shown]").addEventListener("click", () => this.takeShown());
    this.backButton.addEventListener("click", () => this.set(this.corners.slice(0, -1)));
    this.clearButton.addEventListener("click", () => this.set([]));
    this.set(this.corners);
    if (this.corners.length) this.map.fitBounds(L.latLngBounds(this.corners).pad(0.2));
  }

  drawMap(frame) {
    const { settings } = this;
    const map = L.map(frame, {
      minZoom: settings.minZoom,
      maxZoom: settings.maxZoom,
      scrollWheelZoom: false,
      zoomControl: false,
    });
    L.control.zoom({ position: "topright" }).addTo(map);
    map.attributionControl.setPrefix("Leaflet");
    const venues = settings.venues.map(([lat, lon]) => [lat, lon]);
    const around = venues.length > 1 ? venues : settings.bounds;
    if (around.length > 1) map.fitBounds(L.latLngBounds(around).pad(0.1));
    else map.setView(around[0] ?? settings.middle, 9);
    if (settings.tiles) {
      const look = { maxZoom: settings.maxZoom, attribution: settings.attribution };
      L.tileLayer(settings.tiles, look).addTo(map);
    }
    const dots = L.canvas();
    for (const [lat, lon] of settings.venues) {
      L.circleMarker([lat, lon], { renderer: dots, radius: 4, weight: 1, interactive: false })
        .addTo(map);
    }
    import(settings.module).then(({ nameControls, drawGround }) => {
      nameControls(map, settings.words);
      if (!settings.tiles) drawGround(map, settings);
    });
    return map;
  }

  add(place) {
    const { lat, lng } = place.wrap ? place.wrap() : place;
    this.set([...this.corners, [lat, lng]]);
  }

  takeShown() {
    const bounds = this.map.getBounds();
    const [south, west] = [bounds.getSouth(), bounds.getWest()];
    const [north, east] = [bounds.getNorth(), bounds.getEast()];
    this.set([[south, west], [south, east], [north, east], [north, west]]);
  }

  /** Take these corners for the area: draw them, write them into the field and say what it holds. */
  set(corners) {
    this.corners = corners;
    this.drawCorners();
    this.follow();
  }

  drawCorners() {
    for (const marker of this.markers) marker.remove();
    this.markers = this.corners.map((place, index) => this.makeMarker(place, index));
  }

  makeMarker(place, index) {
    const pin = document.createElement("span");
    pin.className = "area-corner";
    const label = this.words.corner.replace("%(number)s", String(index + 1));
    const icon = L.divIcon({ html: pin, className: "area-spot", iconSize: null });
    const marker = L.marker(place, { icon, draggable: true, autoPan: true, title: label, alt: label })
      .addTo(this.map);
    marker.on("drag", () => this.move(index, marker.getLatLng()));
    const element = marker.getElement();
    element.setAttribute("aria-label", label);
    element.addEventListener("keydown", (event) => this.key(event, marker, index));
    return marker;
  }

  key(event, marker, index) {
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.set(this.corners.filter((_place, at) => at !== index));
      this.markers.at(Math.max(0, index - 1))?.getElement().focus();
      return;
    }
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? LARGE_STEP_PX : STEP_PX;
    const at = this.map.latLngToContainerPoint(marker.getLatLng());
    const to = this.map.containerPointToLatLng(at.add([way[0] * step, way[1] * step]));
    marker.setLatLng(to);
    this.move(index, to);
    this.map.panInside(to, { padding: [40, 40] });
  }

  move(index, place) {
    this.corners[index] = [place.lat, place.lng];
    this.follow();
  }

  follow() {
    this.shape?.remove();
    const count = this.corners.length;
    this.shape = count > 1
      ? L.polygon(this.corners, { className: "area-shape", interactive: false }).addTo(this.map)
      : null;
    this.field.value = count > 2 ? JSON.stringify(geojson(this.corners)) : "";
    this.backButton.disabled = count === 0;
    this.clearButton.disabled = count === 0;
    if (count === 0) this.said.textContent = this.words.none;
    else if (count < 3) this.said.textContent = this.words.few;
    else this.said.textContent = this.words.holds.replace("%(count)s", String(this.held()));
  }

  held() {
    return this.settings.venues.filter(([lat, lon]) => isInside(lat, lon, this.corners)).length;
  }
}

function geojson(corners) {
  const ring = corners.map(([lat, lon]) => [Number(lon.toFixed(5)), Number(lat.toFixed(5))]);
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

/** The corners of a polygon that was sent before. */
function read(text) {
  try {
    const ring = JSON.parse(text).coordinates[0];
    return ring.slice(0, -1).map(([lon, lat]) => [lat, lon]);
  } catch {
    return [];
  }
}

function isInside(lat, lon, corners) {
  let inside = false;
  corners.forEach(([y, x], at) => {
    const [y2, x2] = corners[(at + 1) % corners.length];
    if (y > lat !== y2 > lat && lon < ((x2 - x) * (lat - y)) / (y2 - y) + x) inside = !inside;
  });
  return inside;
}

/** Keep the list of units, unseen, as what is sent; a field above it adds, buttons remove. */
async function unitChooser(select) {
  const { Combobox } = await import(select.dataset.combobox);
  const input = document.createElement("input");
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = select.dataset.hint;
  input.id = select.id;
  select.id = `${input.id}_keys`;
  const label = document.querySelector(`label[for="${input.id}"]`);
  const chosen = document.createElement("div");
  chosen.className = "chosen-units";
  select.hidden = true;
  select.before(input);
  new Combobox(input, select.dataset.units, choose);
  select.before(chosen);

  function choose(place) {
    let option = [...select.options].find((one) => one.value === place.key);
    if (!option) {
      option = new Option([place.name, place.area].filter(Boolean).join(", "), place.key);
      select.append(option);
    }
    for (const one of select.options) if (one.value === place.key) one.selected = true;
    input.value = "";
    draw();
  }

  function draw() {
    const seen = new Map([...select.selectedOptions].map((one) => [one.value, one]));
    chosen.replaceChildren(...[...seen.values()].map((option) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button quiet small";
      button.textContent = `${option.textContent.trim()} ×`;
      button.setAttribute("aria-label", `${select.dataset.remove}: ${option.textContent.trim()}`);
      button.addEventListener("click", () => {
        for (const one of select.options) if (one.value === option.value) one.selected = false;
        draw();
        input.focus();
      });
      return button;
    }));
  }
  draw();
  label?.setAttribute("for", input.id);
}

for (const box of document.querySelectorAll("[data-area-map]")) new AreaMap(box);
for (const select of document.querySelectorAll("select[data-units]")) unitChooser(select);
