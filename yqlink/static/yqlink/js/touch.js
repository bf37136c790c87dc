// Security keys (WebAuthn): a field that asks the browser for the answer of a token and sends it with its form.
// data-touch holds what is asked as JSON; data-make makes a new key instead of asking one; data-must asks when the form is sent.
(() => {
  "use strict";
  if (window.yqlinkTouch) return;
  window.yqlinkTouch = true;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const made = async (asked) => {
    const key = await navigator.credentials.create({ publicKey: {
      ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: named(asked.excludeCredentials),
    } });
    return { id: key.id, rawId: text(key.rawId), type: key.type, response: {
      clientDataJSON: text(key.response.clientDataJSON), attestationObject: text(key.response.attestationObject) } };
  };
  const touched = async (asked) => {
    const key = await navigator.credentials.get({ publicKey: {
      ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials),
    } });
    return { id: key.id, rawId: text(key.rawId), type: key.type, response: {
      clientDataJSON: text(key.response.clientDataJSON), authenticatorData: text(key.response.authenticatorData), signature: text(key.response.signature) } };
  };
  const tell = (field, name) => field.querySelectorAll("[data-say]").forEach((node) => { node.hidden = node.dataset.say !== name; });
  const isHere = (field) => field.dataset.site === window.location.origin && window.PublicKeyCredential;
  const ask = async (field) => {
    if (!isHere(field)) { tell(field, "elsewhere"); return false; }
    tell(field, "waiting");
    try {
      const asked = JSON.parse(field.dataset.touch);
      const answer = "make" in field.dataset ? await made(asked) : await touched(asked);
      field.querySelector("input[data-answer]").value = JSON.stringify(answer);
    } catch (error) {
      tell(field, error.name === "InvalidStateError" ? "known" : "failed");
      return false;
    }
    tell(field, "done");
    return true;
  };
  // A code asked for beside the key is no longer wanted once the key has answered.
  const spare = (field) => { const code = field.closest("form").elements.otp; if (code) { code.required = false; code.value = ""; } };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-touch-now]");
    if (!button) return;
    const field = button.closest("[data-touch]");
    if (await ask(field)) {
      spare(field);
      if ("send" in field.dataset) field.closest("form").requestSubmit();
    }
  });
  document.addEventListener("submit", async (event) => {
    const field = event.target.querySelector("[data-touch][data-must]");
    if (!field || field.querySelector("input[data-answer]").value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target, submitter } = event;
    if (await ask(field)) target.requestSubmit(submitter);
  }, true);
})();
