/* Loads a small map only when the reader comes near it: Leaflet is half of the page's weight.
 *
 * The parts wait in a <template>; scripts cloned out of it keep their nonce and their order.
 */

async function open(parts) {
  for (const part of [...parts.content.children]) {
    const isScript = part.localName === "script";
    const made = isScript ? document.createElement("script") : part.cloneNode(true);
    made.nonce = part.nonce || part.getAttribute("nonce") || "";
    if (!isScript) {
      document.head.append(made);
    } else if (part.src) {
      made.src = part.src;
      const isThere = new Promise((done, fail) => {
        made.onload = done;
        made.onerror = fail;
      });
      document.body.append(made);
      await isThere;
    } else {
      made.textContent = part.textContent;
      document.body.append(made);
    }
  }
}

const parts = document.querySelector("template[data-map-parts]");
if (parts) {
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      open(parts);
    },
    { rootMargin: "200px" },
  );
  watch.observe(parts.parentElement);
}
