/** Asking the server: what stands against a place, keeping it, taking it back. */

const CHECK_AFTER_MS = 120;

export class Refused extends Error {
  constructor(message, content = {}) {
    super(message);
    this.hindrances = content.hindrances ?? [];
    this.code = content.code ?? "";
  }
}

export class Server {
  constructor(setup, token) {
    this.setup = setup;
    this.words = setup.words;
    this.token = token;
  }

  async load() {
    return this.send(this.setup.data);
  }

  /** What stands against a place; asked after a moment's rest, and dropped for a newer question. */
  async check(place, { now = false } = {}) {
    this.running?.abort();
    const control = new AbortController();
    this.running = control;
    if (!now) await new Promise((done) => setTimeout(done, CHECK_AFTER_MS));
    if (control.signal.aborted) throw new DOMException("", "AbortError");
    const answer = await this.send(this.setup.check, this.fields(place), control.signal);
    return answer.hindrances;
  }

  /** Nobody waits for the answer any more. */
  forget() {
    this.running?.abort();
    this.running = null;
  }

  async keep(place, reasons = {}) {
    return this.send(this.setup.keep, { ...this.fields(place), ...reasons });
  }

  async undo(note) {
    return this.send(this.setup.undo, { undo: note, by: this.setup.by });
  }

  fields(place) {
    return {
      id: place.bar.id,
      revision: place.bar.revision,
      start: place.startStamp,
      end: place.endStamp,
      row: place.row,
      from_row: place.from,
      by: this.setup.by,
    };
  }

  async send(url, fields = null, signal = undefined) {
    const headers = { "X-Requested-With": "fetch", Accept: "application/json" };
    const options = { headers, signal, credentials: "same-origin" };
    if (fields) {
      headers["X-CSRFToken"] = this.token;
      options.method = "POST";
      options.body = new URLSearchParams(fields);
    }
    let answer;
    try {
      answer = await fetch(url, options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Refused(this.words.offline);
    }
    if (!answer.headers.get("content-type")?.includes("json")) {
      throw new Refused(answer.status >= 500 ? this.words.offline : this.words.signedOut);
    }
    const content = await answer.json();
    if (!answer.ok) throw new Refused(content.message, content);
    return content;
  }
}
