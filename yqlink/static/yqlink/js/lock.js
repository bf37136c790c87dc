// The lock screen: after a while without key or mouse the page is covered and its owner's password opens it again.
// What was being typed stays in the page. While somebody works, the server is told now and then.
(() => {
  "use strict";
  const lock = document.getElementById("lock");
  if (!lock) return;
  const form = lock.querySelector("form");
  const password = form.querySelector("input[type=password]");
  const wrong = form.querySelector("[data-wrong]");
  const idle = Number(lock.dataset.idle) * 1000;
  const SEEN = "yqlink:seen"; // shared by all tabs
  const TELL = Math.min(idle / 3, 240000);
  let told = Date.now();
  const seen = () => Number(localStorage.getItem(SEEN) || 0);
  const note = () => localStorage.setItem(SEEN, String(Date.now()));
  const post = (address, body) => fetch(address, {
    method: "POST", body, credentials: "same-origin", redirect: "manual",
    headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
  });
  const cover = () => {
    if (lock.open) return;
    password.value = "";
    wrong.hidden = true;
    document.documentElement.toggleAttribute("data-locked", true);
    lock.showModal();
  };
  const uncover = () => {
    document.documentElement.removeAttribute("data-locked");
    lock.close();
  };
  const look = () => {
    if (lock.open) { if (Date.now() - seen() < idle) uncover(); return; }
    if (Date.now() - seen() >= idle) { cover(); return; }
    if (Date.now() - told >= TELL && seen() > told) {
      told = Date.now();
      post(form.dataset.presence, new FormData()).catch(() => {});
    }
  };
  ["keydown", "pointerdown", "pointermove", "scroll"].forEach((name) =>
    document.addEventListener(name, () => { if (!lock.open && Date.now() - seen() > 5000) note(); }, { passive: true, capture: true }));
  lock.addEventListener("cancel", (event) => event.preventDefault());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await post(form.action, new FormData(form)).catch(() => null);
    if (answer && answer.status === 204) { note(); told = Date.now(); uncover(); return; }
    if (answer && answer.type === "opaqueredirect") { note(); uncover(); return; }
    if (answer && answer.status === 403) { wrong.hidden = false; password.select(); return; }
    window.location.reload();
  });
  note();
  window.setInterval(look, Math.min(5000, idle / 3));
})();
