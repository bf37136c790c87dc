// The matching desk: two panes of open lines in memory, only the visible rows in the page, sums as whole minor units.
(() => {
  "use strict";
  const root = document.querySelector("[data-matching]");
  if (!root) return;
  const ROW = 44, SPARE = 8, ASK_NEWS_MS = 10000;
  const [ID, DAY, IN, AMOUNT, PARTY, ACCOUNT, TEXT, REFERENCE, NUMBER, VOUCHER] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const say = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), root.dataset[`say${name}`]);
  const one = (selector, within = root) => within.querySelector(selector);
  const minor = (text) => BigInt(text.replace(".", ""));
  const figure = (value) => {
    const digits = String(value < 0n ? -value : value).padStart(3, "0");
    return (value < 0n ? "-" : "") + digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + digits.slice(-2);
  };
  const signed = (line) => (line[IN] ? minor(line[AMOUNT]) : -minor(line[AMOUNT]));
  const english = document.documentElement.lang === "en";

  // --- talking to the server -----------------------------------------------------------------------------------------
  class Refused extends Error {
    constructor(status, body) { super((english && body.message_en) || body.message_zh || String(status)); this.code = body.code; this.status = status; }
  }
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const ask = async (url, { form, html, poll } = {}) => {
    const headers = { Accept: html ? "text/html" : "application/json", "X-CSRFToken": token() };
    if (poll) headers["X-Poll"] = "1";
    if (html) headers["HX-Request"] = "true";
    const answer = await fetch(url, { method: form ? "POST" : "GET", headers, body: form ? new URLSearchParams(form) : undefined });
    if (!answer.ok) {
      if (html) throw new Refused(answer.status, { message_zh: (new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent || "").trim().replace(/\s+/g, " ") });
      throw new Refused(answer.status, await answer.json().catch(() => ({})));
    }
    return html ? answer.text() : answer.json();
  };
  const notice = one("[data-notice]");
  const tell = (text, tone = "info", url = "") => {
    notice.textContent = text;
    notice.dataset.tone = tone;
    notice.hidden = !text;
    if (!url) return;
    const link = document.createElement("a");
    link.href = url;
    link.textContent = say("Open");
    notice.append(" ", link);
  };
  const tellError = (error) => tell(error instanceof Refused ? error.message : say("Lost"), "error");

  // --- one pane --------------------------------------------------------------------------------------------------------
  class Pane {
    constructor(side) {
      this.side = side;
      this.node = one(`[data-pane="${side}"]`);
      this.grid = one("[data-grid]", this.node);
      this.scroll = one("[data-scroll]", this.node);
      this.space = one("[data-space]", this.node);
      this.holder = one("[data-rows-of]", this.node);
      this.lines = [];      // all open lines
      this.shown = [];      // after filter and sort
      this.picked = new Map();
      this.at = 0;          // the row the keyboard is on
      this.anchor = null;
      this.scroll.addEventListener("scroll", () => this.draw(), { passive: true });
      this.holder.addEventListener("click", (event) => this.clicked(event));
      this.grid.addEventListener("keydown", (event) => this.pressed(event));
      new ResizeObserver(() => this.draw()).observe(this.scroll);
    }

    take(lines) {
      this.lines = lines;
      lines.forEach((line) => { line.find = [line[PARTY], line[ACCOUNT], line[TEXT], line[REFERENCE], line[NUMBER], line[AMOUNT]].join("\u0001").toLowerCase(); });
    }

    arrange({ text, direction, sort, only }) {
      const here = this.shown[this.at];
      const words = text.toLowerCase().replaceAll(",", "").split(/\s+/).filter(Boolean);
      let rows = this.lines;
      if (only) rows = rows.filter((line) => this.picked.has(line[ID]));
      if (direction) rows = rows.filter((line) => String(line[IN]) === direction);
      if (words.length) rows = rows.filter((line) => words.every((word) => line.find.includes(word)));
      if (sort === "amount") rows = [...rows].sort((a, b) => { const [x, y] = [minor(b[AMOUNT]), minor(a[AMOUNT])]; return x < y ? -1 : x > y ? 1 : a[DAY] < b[DAY] ? -1 : 1; });
      if (sort === "party") rows = [...rows].sort((a, b) => (a[PARTY] + a[TEXT] < b[PARTY] + b[TEXT] ? -1 : 1));
      this.shown = rows;
      this.at = Math.max(0, here ? rows.indexOf(here) : 0);
      this.space.style.height = `${rows.length * ROW}px`;
      this.holder.replaceChildren();  // rows far down would keep the pane scrolled beyond its end
      this.scroll.scrollTop = Math.min(this.scroll.scrollTop, Math.max(0, rows.length * ROW - this.scroll.clientHeight));
      this.grid.setAttribute("aria-rowcount", rows.length + 1);
      one("[data-count]", this.node).textContent = say("Rows", { n: rows.length.toLocaleString("en-US") });
      const sums = [0n, 0n];
      rows.forEach((line) => { sums[line[IN]] += minor(line[AMOUNT]); });
      one("[data-sums]", this.node).textContent = `${say("In")} ${figure(sums[1])}　${say("Out")} ${figure(sums[0])}`;
      this.draw();
    }

    draw() {
      const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - SPARE);
      const last = Math.min(this.shown.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / ROW) + SPARE);
      const wanted = desk.wanted;
      const rows = [];
      for (let n = first; n < last; n += 1) rows.push(this.row(this.shown[n], n, wanted));
      this.holder.style.transform = `translateY(${first * ROW}px)`;
      if (!rows.length) {
        const empty = document.createElement("div"), words = document.createElement("span");  // a grid holds rows, of cells
        empty.className = "pane__empty";
        empty.setAttribute("role", "row");
        words.setAttribute("role", "gridcell");
        words.textContent = say(this.lines.length ? "Filtered" : "None");
        empty.append(words);
        this.holder.style.transform = "";
        rows.push(empty);
      }
      this.holder.replaceChildren(...rows);
      this.grid.setAttribute("aria-activedescendant", this.shown.length ? `${this.side}-${this.shown[this.at]?.[ID]}` : "");
    }

    row(line, n, wanted) {
      const row = document.createElement("div");
      row.className = "pane__row";
      row.id = `${this.side}-${line[ID]}`;
      row.dataset.n = n;
      row.setAttribute("role", "row");
      row.setAttribute("aria-rowindex", n + 2);
      row.setAttribute("aria-selected", this.picked.has(line[ID]));
      if (n === this.at) row.dataset.here = "";  // shown while the pane has the focus
      if (wanted !== null && !this.picked.has(line[ID]) && signed(line) === (this.side === "bank" ? -wanted : wanted)) row.dataset.fits = "";
      const cell = (name, text, note) => {
        const node = document.createElement("span");
        node.setAttribute("role", "gridcell");
        node.className = name;
        node.append(text);
        if (note !== undefined) {
          const small = document.createElement("small");
          small.textContent = note;
          node.append(small);
        }
        row.append(node);
        return node;
      };
      const mark = cell("pane__mark", this.picked.has(line[ID]) ? "☑" : "☐");
      mark.setAttribute("aria-hidden", "true");
      cell("pane__day", line[DAY]);
      const words = cell("pane__words", line[PARTY] || "—", [line[TEXT], line[REFERENCE], line[NUMBER]].filter(Boolean).join(" · "));
      words.title = [line[PARTY], line[ACCOUNT], line[TEXT], line[REFERENCE], line[NUMBER]].filter(Boolean).join("\n");
      cell("number", line[IN] ? figure(minor(line[AMOUNT])) : "").dataset.copy = line[AMOUNT];
      cell("number", line[IN] ? "" : figure(minor(line[AMOUNT]))).dataset.copy = line[AMOUNT];
      return row;
    }

    toggle(line, on) {
      if (on === undefined ? this.picked.has(line[ID]) : !on) this.picked.delete(line[ID]);
      else this.picked.set(line[ID], line);
    }

    clicked(event) {
      const row = event.target.closest("[data-n]");
      if (!row || String(document.getSelection())) return;
      const n = Number(row.dataset.n);
      if (event.shiftKey && this.anchor !== null) this.range(this.anchor, n);
      else { this.toggle(this.shown[n]); this.anchor = n; }
      this.at = n;
      this.grid.focus({ preventScroll: true });
      desk.show();
    }

    range(from, to) {
      for (let n = Math.min(from, to); n <= Math.max(from, to); n += 1) this.toggle(this.shown[n], true);
    }

    go(n) {
      if (!this.shown.length) return;
      this.at = Math.max(0, Math.min(this.shown.length - 1, n));
      const top = this.at * ROW, height = this.scroll.clientHeight;
      if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
      else if (top + ROW > this.scroll.scrollTop + height) this.scroll.scrollTop = top + ROW - height;
      this.draw();
    }

    pressed(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = Math.max(1, Math.floor(this.scroll.clientHeight / ROW) - 1);
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.at, End: this.shown.length };
      if (event.key in steps) {
        const from = this.at;
        this.go(this.at + steps[event.key]);
        if (event.shiftKey) { this.range(from, this.at); desk.show(); }
      } else if (event.key === " ") {
        if (this.shown[this.at]) { this.toggle(this.shown[this.at]); this.anchor = this.at; desk.show(); }
      } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        desk.panes[event.key === "ArrowLeft" ? 0 : 1].grid.focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    get sum() { return [...this.picked.values()].reduce((sum, line) => sum + signed(line), 0n); }

    remove(ids) {
      const gone = new Set(ids);
      const dropped = [...this.picked.keys()].filter((id) => gone.has(id));
      const before = this.lines.length;
      dropped.forEach((id) => this.picked.delete(id));
      this.lines = this.lines.filter((line) => !gone.has(line[ID]));
      return [dropped.length, before - this.lines.length];
    }
  }

  // --- the desk --------------------------------------------------------------------------------------------------------
  const desk = {
    panes: [], act: 0, asked: [], askedAt: 0, busy: false, again: null,
    unseen: "",  // what was dropped from the selection since the person last acted on it

    get wanted() {
      const [bank, book] = this.panes;
      if (!bank.picked.size && !book.picked.size) return null;
      const difference = bank.sum - book.sum;
      return difference === 0n ? null : difference;
    },

    filter() {
      return { text: one("[data-filter-text]").value, direction: one("[data-filter-direction]").value, sort: one("[data-sort]").value, only: one("[data-only-picked]").checked };
    },

    arrange() { this.panes.forEach((pane) => pane.arrange(this.filter())); },

    show() {
      const [bank, book] = this.panes, difference = bank.sum - book.sum, count = bank.picked.size + book.picked.size;
      one("[data-sum-bank]").textContent = figure(bank.sum);
      one("[data-sum-book]").textContent = figure(book.sum);
      one("[data-picked-bank]").textContent = say("Rows", { n: bank.picked.size });
      one("[data-picked-book]").textContent = say("Rows", { n: book.picked.size });
      one("[data-difference]").textContent = figure(difference);
      one("[data-difference-box]").dataset.state = count < 2 ? "" : difference === 0n ? "equal" : "differs";
      one("[data-verdict]").textContent = count < 2 ? "" : say(difference === 0n ? "Equal" : "Differs");
      const button = one('[data-do="match"]');
      if (button) button.setAttribute("aria-disabled", this.busy || Boolean(this.whyNot()));
      if (one("[data-only-picked]").checked) this.arrange();
      else this.panes.forEach((pane) => pane.draw());
    },

    // Why what is chosen cannot be matched; "" when it can.
    whyNot() {
      const [bank, book] = this.panes;
      if (bank.picked.size + book.picked.size < 2) return say("Few");
      return this.wanted === null ? "" : say("Gap", { by: figure(this.wanted) });
    },

    async load() {
      const query = root.dataset.query;
      const found = await ask(`${root.dataset.linesUrl}?${query}`);
      this.act = found.act;
      const dropped = this.panes.map((pane) => {
        pane.take(found[pane.side]);
        const known = new Map(pane.lines.map((line) => [line[ID], line]));
        const gone = [...pane.picked.keys()].filter((id) => !known.has(id));
        gone.forEach((id) => pane.picked.delete(id));
        pane.picked.forEach((_, id) => pane.picked.set(id, known.get(id)));
        return gone.length;
      });
      this.arrange();
      this.show();
      if (found.is_cut) tell(say("Cut"), "warning");
      root.dataset.loaded = "yes";
      return dropped[0] + dropped[1];
    },

    async loadAsked() {
      const found = await ask(root.dataset.proposalsUrl);
      this.asked = found.proposals;
      this.askedAt = Math.min(this.askedAt, Math.max(0, this.asked.length - 1));
      this.showAsked();
    },

    showAsked() {
      const asked = this.asked[this.askedAt];
      one("[data-asked]").hidden = !asked;
      if (!asked) return;
      one("[data-asked-at]").textContent = say("Asked", { n: this.askedAt + 1, of: this.asked.length });
      one("[data-asked-rung]").textContent = asked.rung;
      one("[data-asked-title]").textContent = asked.title;
      one("[data-asked-reason]").textContent = asked.reason;
      one("[data-asked-sides]").textContent = `${asked.bank.length} : ${asked.book.length}`;
    },

    pick(bank, book) {
      [bank, book].forEach((ids, n) => {
        const pane = this.panes[n], known = new Map(pane.lines.map((line) => [line[ID], line]));
        pane.picked.clear();
        ids.forEach((id) => { if (known.has(id)) pane.picked.set(id, known.get(id)); });
      });
      this.show();
      this.panes.forEach((pane) => {
        const at = pane.shown.findIndex((line) => pane.picked.has(line[ID]));
        if (at >= 0) { pane.go(at); pane.scroll.scrollTop = Math.max(0, at * ROW - pane.scroll.clientHeight / 3); }
      });
    },

    showProposal(by) {
      if (!this.asked.length) return;
      this.askedAt = (this.askedAt + by + this.asked.length) % this.asked.length;
      this.showAsked();
      const asked = this.asked[this.askedAt];
      this.pick(asked.bank, asked.book);
    },

    // What others did. The selection is kept; what is matched meanwhile is dropped from it, and said.
    async hear({ quiet = false } = {}) {
      const told = await ask(`${root.dataset.newsUrl}?since=${this.act}`, { poll: true });
      if (told.act === this.act) return;
      const who = told.by.join("、") || say("Others");
      let dropped = 0, gone = 0;
      if (told.is_anew) dropped = await this.load();
      else {
        this.panes.forEach((pane) => { const [d, g] = pane.remove(told[pane.side]); dropped += d; gone += g; });
        this.act = told.act;
        this.arrange();
        this.show();
      }
      await this.loadAsked();
      if (dropped) { this.unseen = say("Dropped", { who, n: dropped }); tell(this.unseen, "warning"); }
      else if (gone && !quiet) tell(say("News", { who, n: gone }));
    },

    async act_(url, form) {
      if (this.busy) return null;
      this.busy = true;
      try {
        const told = await ask(url, { form });
        await this.hear({ quiet: true });
        tell(told.said, "success", told.url);
        return told;
      } catch (error) {
        if (error instanceof Refused && error.code === "already_matched") {
          tellError(error);
          await this.hear();
          this.unseen = "";
        } else tellError(error);
        if (!(error instanceof Refused)) return null;
        throw error;
      } finally {
        this.busy = false;
        this.show();
      }
    },

    chosen() { return { bank: [...this.panes[0].picked.keys()].join(","), book: [...this.panes[1].picked.keys()].join(",") }; },

    async match(extra = {}) {
      // A selection that shrank behind one's back is matched only after one was told so.
      if (this.unseen) { tell(this.unseen, "warning"); this.unseen = ""; return null; }
      if (this.whyNot()) { tell(this.whyNot(), "warning"); return null; }
      const form = { ...this.chosen(), ...extra };
      try {
        const told = await this.act_(root.dataset.matchUrl, form);
        if (told && told.act) this.next();
        return told;
      } catch (error) {
        this.askSecond(error, (more) => this.match(more));
        return null;
      }
    },

    // What takes two people is asked with a reason; `again` does the same with it.
    askSecond(error, again) {
      if (error.code !== "two_people") return;
      one("[data-ask-said]").textContent = error.message;
      this.again = again;
      document.getElementById("acts").close();
      document.getElementById("ask").showModal();
    },

    next() { this.panes.forEach((pane) => pane.picked.clear()); this.arrange(); this.show(); },

    async openVoucher(event, amount) {
      const [bank, book] = this.panes, entries = [...bank.picked.values()];
      if (entries.length !== 1) { tell(say("One"), "warning"); return; }
      const difference = bank.sum - book.sum;
      // The bank moved less than the book: a fee it took on top of a payment, or kept back from a receipt.
      if (book.picked.size && difference >= 0n) { tell(difference ? say("More", { by: figure(difference) }) : say("Even"), "warning"); return; }
      const part = book.picked.size ? figure(-difference).replaceAll(",", "") : "";
      const asked = event || (part ? "fee" : entries[0][PARTY] ? "bank_entry" : entries[0][IN] ? "interest" : "fee");
      try {
        const query = new URLSearchParams({ entry: entries[0][ID], event: asked, amount: amount ?? part });
        one("[data-voucher]").innerHTML = await ask(`${root.dataset.voucherUrl}?${query}`, { html: true });
        const dialog = document.getElementById("voucher");
        if (!dialog.open) dialog.showModal();
      } catch (error) { tellError(error); }
    },

    async showActs() {
      one("[data-acts]").innerHTML = await ask(root.dataset.actsUrl, { html: true });
    },

    async undoMine() {
      await this.showActs();
      const mine = one("[data-acts] [data-mine]");
      if (mine) await this.undo(mine.dataset.undo);
      else document.getElementById("acts").showModal();
    },

    async undo(act, extra = {}) {
      let told = null;
      try { told = await this.act_(root.dataset.undoUrl, { act, ...extra }); } catch (error) { this.askSecond(error, (more) => this.undo(act, more)); }
      await this.showActs();
      return told;
    },

    find() {
      const wanted = this.wanted;
      if (wanted === null) { tell(say("Start"), "warning"); return; }
      for (const pane of [...this.panes].reverse()) {
        const need = pane.side === "bank" ? -wanted : wanted;
        const fits = (line) => !pane.picked.has(line[ID]) && signed(line) === need;
        const after = pane.shown.findIndex((line, n) => n > pane.at && fits(line));
        const at = after >= 0 ? after : pane.shown.findIndex(fits);
        if (at >= 0) { pane.grid.focus(); pane.go(at); return; }
      }
      tell(say("Nothing", { by: figure(wanted) }), "warning");
    },

    // The fee's own line, once its voucher is posted: of the amount that is wanted, under the bank's serial.
    addFee() {
      const [bank, book] = this.panes, serials = [...bank.picked.values()].map((line) => line[NUMBER]).filter(Boolean);
      const fees = book.lines.filter((line) => !book.picked.has(line[ID]) && signed(line) === this.wanted && serials.some((serial) => line[NUMBER].includes(serial)));
      if (fees.length !== 1) return false;
      book.toggle(fees[0], true);
      this.show();
      return true;
    },

    async accept() {
      const asked = this.asked[this.askedAt];
      if (!asked) return;
      this.unseen = "";
      this.pick(asked.bank, asked.book);
      if (asked.event && !this.addFee()) { await this.openVoucher(asked.event); return; }
      if (this.wanted === null) await this.match();
      else tell(say("Uneven", { by: figure(this.wanted) }), "warning");
    },

    async refuse() {
      const asked = this.asked[this.askedAt];
      if (!asked) return;
      try { if (await this.act_(root.dataset.refuseUrl, { proposal: asked.id })) this.next(); } catch { await this.loadAsked(); }
    },

    async reload() { await this.load(); await this.loadAsked(); tell(""); },
  };
  desk.panes = ["bank", "book"].map((side) => new Pane(side));

  const does = {
    match: () => desk.match(), clear: () => desk.next(), find: () => desk.find(), voucher: () => desk.openVoucher(), undo: () => desk.undoMine(),
    next: () => desk.showProposal(desk.panes.some((pane) => pane.picked.size) ? 1 : 0), previous: () => desk.showProposal(-1),
    accept: () => desk.accept(), refuse: () => desk.refuse(), reload: () => desk.reload(),
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button && does[button.dataset.do]) Promise.resolve(does[button.dataset.do]()).catch(tellError);
    const undo = event.target.closest("[data-undo]");
    if (undo) desk.undo(undo.dataset.undo).catch(tellError);
    const show = event.target.closest("[data-show]");
    const ids = (text) => text.split(",").filter(Boolean).map(Number);
    if (show) desk.pick(ids(show.dataset.bank), ids(show.dataset.book));
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target.closest('[data-open="acts"]')) desk.showActs().catch(tellError);
  });
  let typing = 0;
  one("[data-filter]").addEventListener("input", (event) => {
    if (event.target.name) return;
    window.clearTimeout(typing);
    typing = window.setTimeout(() => desk.arrange(), 80);
  });
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-event]")) desk.openVoucher(event.target.value, event.target.form.elements.amount.value).catch(tellError);
  });
  root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-filter]")) { if (document.activeElement.matches("[data-filter-text]")) event.preventDefault(); return; }
    if (form.method === "dialog") return;
    event.preventDefault();
    const told = new FormData(form, event.submitter);
    if (form.matches("[data-ask]")) {
      form.closest("dialog").close();
      const asked = await desk.again({ ask: "1", why: told.get("why") });
      if (asked) { desk.next(); window.location.reload(); }
    } else if (form.matches("[data-voucher-form]")) {
      form.closest("dialog").close();
      await desk.act_(form.action, told).catch(() => null);
    } else if (form.matches("[data-decide]")) {
      const done = await desk.act_(form.action, told).catch(() => null);
      if (done) form.closest("[data-waiting]").remove();
    }
  });
  const first = async () => { await desk.load(); await desk.loadAsked(); };
  first().catch(tellError);
  window.setInterval(() => { if (!document.hidden && !desk.busy) desk.hear().catch(() => {}); }, ASK_NEWS_MS);
})();
