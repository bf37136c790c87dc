// Small things every page shares: shortcuts, copying raw figures, ticked rows that survive paging, forms sent once.
(() => {
  "use strict";
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const typing = (node) => node.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");

  // Copying a cell gives the raw number, without blanks and separators.
  document.addEventListener("copy", (event) => {
    const picked = document.getSelection();
    const node = picked && picked.anchorNode && picked.anchorNode.parentElement;
    const cell = node && node.closest("[data-copy]");
    if (!cell || !cell.contains(picked.focusNode)) return;
    event.clipboardData.setData("text/plain", cell.dataset.copy);
    event.preventDefault();
    const live = document.getElementById("live");
    live.textContent = live.dataset.copied;
  });

  // A money form goes out once; the server's one-time token is the real guard.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    window.setTimeout(() => form.querySelectorAll("button").forEach((b) => { b.disabled = true; }), 0);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-once]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((b) => { b.disabled = false; });
  }));

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("button[data-open]");
    if (opener) document.getElementById(opener.dataset.open).showModal();
    if (event.target.closest("[data-print]")) window.print();
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, select") && !String(document.getSelection())) window.location = row.dataset.href;
  });

  // Rows: arrows move, space ticks, enter opens.
  const rows = () => [...document.querySelectorAll("#list tbody tr, [data-rows] tbody tr")];
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => "here" in row.dataset);
    if (at >= 0) delete all[at].dataset.here;
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    next.dataset.here = "";
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const search = document.querySelector("[data-hotkey-search]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && search) { event.preventDefault(); search.focus(); search.select(); return; }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest("form:not([data-once])");
      if (form && form.method === "post") { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.key === "F3") { const field = document.querySelector("[data-focus-filter]"); if (field) { event.preventDefault(); field.focus(); } return; }
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || event.target.closest("dialog")) return;
    const here = rows().find((row) => "here" in row.dataset);
    if (event.key === "/") { const field = document.querySelector("[data-focus-filter]") || search; if (field) { event.preventDefault(); field.focus(); } }
    else if (event.key === "?") document.getElementById("shortcuts").showModal();
    else if (event.key === "ArrowDown") { event.preventDefault(); step(1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); step(-1); }
    else if (event.key === " " && here && !event.target.closest("button, a, summary, input")) { const box = here.querySelector("input[type=checkbox]"); if (box) { event.preventDefault(); box.click(); } }
    else if (event.key === "Enter" && here && here.dataset.href && !event.target.closest("button, a, summary")) window.location = here.dataset.href;
    else {
      const button = document.querySelector(`[data-key="${CSS.escape(event.key.toUpperCase())}"]`);
      if (button && button.offsetParent) { event.preventDefault(); button.click(); }
    }
  });

  // Ticked rows are remembered per list while the tab lives; sums are whole minor units, never floats.
  const bar = document.querySelector("[data-selection]");
  if (!bar) return;
  const key = `ticked:${bar.dataset.selection}`;
  const picked = new Map(JSON.parse(sessionStorage.getItem(key) || "[]"));
  const minor = (text) => BigInt(text.replace(".", ""));
  const figure = (value) => { const digits = String(value).padStart(3, "0"); return digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + digits.slice(-2); };
  const show = () => {
    sessionStorage.setItem(key, JSON.stringify([...picked]));
    document.querySelectorAll("#list input[name=ids]").forEach((box) => {
      box.checked = picked.has(box.value);
      box.closest("tr").setAttribute("aria-selected", box.checked);
    });
    const sums = {};
    let most = null;
    picked.forEach(([amount, currency]) => {
      if (!amount) return;
      const value = minor(amount);
      sums[currency] = (sums[currency] || 0n) + value;
      if (most === null || value > most) most = value;
    });
    bar.querySelector("[data-count]").textContent = picked.size;
    bar.querySelector("[data-sums]").textContent = Object.entries(sums).map(([code, value]) => `${code} ${figure(value)}`).join("　");
    bar.querySelector("[data-max]").textContent = most === null ? "—" : figure(most);
    bar.toggleAttribute("data-open", picked.size > 0);
    const all = document.querySelector("[data-pick-all]");
    const boxes = [...document.querySelectorAll("#list input[name=ids]")];
    if (all) { all.checked = boxes.length > 0 && boxes.every((box) => box.checked); }
  };
  const tick = (box) => { if (box.checked) picked.set(box.value, [box.dataset.amount || "", box.dataset.currency || ""]); else picked.delete(box.value); };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#list input[name=ids]")) { tick(event.target); show(); }
    if (event.target.matches("[data-pick-all]")) {
      document.querySelectorAll("#list input[name=ids]").forEach((box) => { box.checked = event.target.checked; tick(box); });
      show();
    }
  });
  bar.querySelector("[data-pick-none]").addEventListener("click", () => { picked.clear(); show(); });
  bar.addEventListener("submit", () => {
    bar.querySelectorAll("input[data-carried]").forEach((node) => node.remove());
    const here = new Set([...document.querySelectorAll("#list input[name=ids]")].map((box) => box.value));
    picked.forEach((_, id) => {
      if (here.has(id)) return;
      const carried = Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: id });
      carried.dataset.carried = "";
      bar.append(carried);
    });
    sessionStorage.removeItem(key);
  });
  document.addEventListener("htmx:afterSwap", show);
  show();
})();
