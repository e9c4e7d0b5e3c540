/**
 * The map under the field of a venue's point: press, drag or use the keys, or take what a look-up
 * of the address suggests. The field stays what is sent; without this file it is typed.
 */

const STEP_PX = 10;
const LARGE_STEP_PX = 60;
const WAIT_MS = 350;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

class PointMap {
  constructor(box) {
    this.box = box;
    this.settings = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    this.words = this.settings.words;
    this.field = document.getElementById(box.dataset.point);
    this.said = box.querySelector("[data-said]");
    this.list = box.querySelector("[data-candidates]");
    // Without tiles there is nothing to see from nearer than the next communes' names.
    this.nearZoom = this.settings.tiles ? 14 : 11;
    box.querySelector("[data-with-map]").hidden = false;
    this.map = this.drawMap(box.querySelector("[data-ground]"));
    this.suggested = L.layerGroup().addTo(this.map);
    this.map.on("click", (event) => this.put(event.latlng));
    box.querySelector("[data-middle]").addEventListener("click", () => {
      this.put(this.map.getCenter());
      this.marker.getElement().focus();
    });
    this.field.addEventListener("change", () => this.follow(true));
    const link = box.querySelector("[data-look-up]");
    if (link && this.settings.lookUpUrl) {
      link.setAttribute("role", "button");
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.lookUp();
      });
      link.addEventListener("keydown", (event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        this.lookUp();
      });
    }
    document.addEventListener("places:chosen", (event) => {
      const { lat, lon } = event.detail;
      if (!this.marker && typeof lat === "number") this.map.setView([lat, lon], this.nearZoom - 1);
    });
    this.follow(true, false);
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
    const around = settings.bounds.length ? L.latLngBounds(settings.bounds).pad(0.4) : null;
    if (around && settings.bounds.length > 1) map.fitBounds(around);
    else map.setView(settings.bounds[0] ?? settings.middle, 9);
    if (settings.tiles) {
      const look = { maxZoom: settings.maxZoom, attribution: settings.attribution };
      L.tileLayer(settings.tiles, look).addTo(map);
    }
    import(settings.module).then(({ nameControls, drawGround }) => {
      nameControls(map, settings.words);
      if (!settings.tiles) drawGround(map, settings);
    });
    return map;
  }

  /** Put the point where somebody pressed or dragged, and write it into the field. */
  put(place) {
    const { lat, lng } = place.wrap ? place.wrap() : place;
    this.field.value = `${lat.toFixed(5)}, ${lng.toFixed(5)}`;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.follow(false);
  }

  /** Bring the map in line with the field. */
  follow(moves, speaks = true) {
    const place = read(this.field.value);
    if (!place) {
      this.marker?.remove();
      this.marker = null;
      return;
    }
    if (!this.marker) this.marker = this.makeMarker(place);
    this.marker.setLatLng(place);
    if (moves) this.map.setView(place, Math.max(this.map.getZoom(), this.nearZoom));
    if (!speaks) return;
    this.tell(this.words.placed.replace("%(point)s", this.field.value));
    this.askCommune(place);
  }

  makeMarker(place) {
    const pin = document.createElement("span");
    pin.className = "pin is-chosen";
    const icon = L.divIcon({ html: pin, className: "pin-spot", iconSize: null });
    const marker = L.marker(place, {
      icon, draggable: true, autoPan: true, title: this.words.point, alt: this.words.point,
      zIndexOffset: 1000,
    }).addTo(this.map);
    marker.on("dragend", () => this.put(marker.getLatLng()));
    const element = marker.getElement();
    element.setAttribute("aria-label", this.words.point);
    element.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const step = event.shiftKey ? LARGE_STEP_PX : STEP_PX;
      const from = marker.getLatLng();
      const at = this.map.latLngToContainerPoint(from).add([way[0] * step, way[1] * step]);
      const to = this.map.containerPointToLatLng(at);
      if (way[0]) to.lat = from.lat;
      else to.lng = from.lng;
      this.put(to);
      this.map.panInside(to, { padding: [40, 40] });
    });
    return marker;
  }

  tell(text, ...more) {
    this.said.replaceChildren(text, ...more);
  }

  askCommune(place) {
    clearTimeout(this.waiting);
    if (!this.settings.communeUrl) return;
    this.waiting = setTimeout(() => this.sayCommune(place), WAIT_MS);
  }

  async sayCommune([lat, lon]) {
    const answer = await ask(this.settings.communeUrl, { lat, lon });
    const commune = answer?.commune;
    const now = read(this.field.value);
    if (!commune || !now || now[0] !== lat || now[1] !== lon) return;
    const name = [commune.name, commune.area].filter(Boolean).join(", ");
    const said = `${this.said.textContent} ${this.words.lies.replace("%(commune)s", name)} `;
    const select = document.getElementById(`${this.box.dataset.commune}_key`);
    if (!select || select.value === commune.key) {
      this.tell(said);
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = this.words.take;
    button.addEventListener("click", () => {
      select.dispatchEvent(new CustomEvent("places:choose", { detail: commune }));
      this.tell(said);
      document.getElementById(this.box.dataset.commune)?.focus();
    });
    this.tell(said, button);
  }

  /** Ask where the address is; what comes back is offered, never taken by itself. */
  async lookUp() {
    const parts = this.box.dataset.address.split(" ").map((id) => document.getElementById(id)?.value);
    const address = parts.map((part) => part?.trim()).filter(Boolean).join(", ");
    this.offer([]);
    if (!address) {
      this.tell(this.words.noAddress);
      return;
    }
    this.box.setAttribute("aria-busy", "true");
    const answer = await ask(this.settings.lookUpUrl, { q: address });
    this.box.removeAttribute("aria-busy");
    if (!answer) this.tell(this.words.failed);
    else if (answer.trouble) this.tell(answer.trouble);
    else if (!answer.candidates.length) this.tell(this.words.nothing);
    else {
      this.tell(this.words.found);
      this.offer(answer.candidates);
    }
  }

  offer(candidates) {
    this.suggested.clearLayers();
    this.list.hidden = candidates.length === 0;
    this.list.replaceChildren(
      ...candidates.map((candidate, index) => {
        const place = [candidate.lat, candidate.lon];
        const number = document.createElement("b");
        number.textContent = String(index + 1);
        const label = document.createElement("span");
        label.textContent = candidate.label;
        const button = document.createElement("button");
        button.type = "button";
        button.append(number, label);
        button.addEventListener("click", () => this.take(place));
        const pin = document.createElement("span");
        pin.className = "pin";
        pin.textContent = String(index + 1);
        const icon = L.divIcon({ html: pin, className: "pin-spot", iconSize: null });
        L.marker(place, { icon, title: candidate.label, alt: candidate.label })
          .on("click", () => this.take(place))
          .addTo(this.suggested);
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
    if (candidates.length) {
      const bounds = L.latLngBounds(candidates.map((one) => [one.lat, one.lon]));
      this.map.fitBounds(bounds.pad(0.3), { maxZoom: this.nearZoom });
      this.list.querySelector("button").focus();
    }
  }

  take(place) {
    this.offer([]);
    this.put(L.latLng(place));
    this.map.setView(place, Math.max(this.map.getZoom(), this.nearZoom));
    this.marker.getElement().focus();
  }
}

/** Latitude and longitude out of a text, as the server reads it; null where there are not two. */
function read(text) {
  const numbers = text.match(/[-+−]?\d+(?:[.,]\d+)?/g) ?? [];
  const [lat, lon] = numbers.map((one) => Number(one.replace(",", ".").replace("−", "-")));
  if (numbers.length !== 2 || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return [lat, lon];
}

async function ask(address, query) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

for (const box of document.querySelectorAll("[data-point-map]")) new PointMap(box);
