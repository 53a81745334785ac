// Keeps the pages current. They are complete without this script: it fetches the same
// page again when the server reports a newer leaderboard, and replaces what changed.
"use strict";
(() => {
  const kind = document.body.dataset.kind;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const lang = document.documentElement.lang;
  const kilowatts = (w) => {
    const decimals = Math.abs(w) < 99950 ? 1 : 0;
    return (w / 1000).toLocaleString(lang === "sv" ? "sv-SE" : "en-GB",
      { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", "\u2212");
  };
  const flash = (node, name) => {
    if (calm) return;
    node.classList.remove(name);
    void node.offsetWidth; // starts the animation again
    node.classList.add(name);
  };

  // --- the board: rows keep their identity and slide to their new place
  const rowsOf = (table) => new Map([...table.querySelectorAll("tr[id]")].map((tr) => [tr.id, tr]));
  function updateTable(now, next) {
    const old = rowsOf(now);
    const from = new Map([...old].map(([id, tr]) => [id, tr.getBoundingClientRect().top]));
    const focused = now.contains(document.activeElement) && document.activeElement.closest("tr[id]")?.id;
    for (const [id, row] of rowsOf(next)) {
      const kept = old.get(id);
      if (!kept) continue;
      [...row.cells].forEach((cell, i) => {
        const was = kept.cells[i];
        if (was && !was.isEqualNode(cell)) {
          const score = cell.classList.contains("score") && was.firstChild?.textContent !== cell.firstChild?.textContent;
          was.replaceWith(cell);
          if (score) flash(cell, "changed");
        }
      });
      row.replaceWith(kept);
    }
    now.replaceChildren(...next.childNodes);
    if (focused) document.getElementById(focused)?.querySelector("a")?.focus({ preventScroll: true });
    if (calm) return;
    for (const [id, row] of rowsOf(now)) {
      const moved = (from.get(id) ?? row.getBoundingClientRect().top) - row.getBoundingClientRect().top;
      if (Math.abs(moved) > 1) {
        row.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }],
          { duration: 700, easing: "cubic-bezier(.2,.8,.2,1)" });
      }
    }
  }

  // --- reload the page and replace what changed
  let asking = false;
  let due = 0;
  async function renew() {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const now of document.querySelectorAll("[data-live]")) {
        const next = page.getElementById(now.id);
        if (!next || now.isEqualNode(next)) continue;
        if (now.tagName === "TABLE") updateTable(now, document.adoptNode(next));
        else now.replaceWith(document.adoptNode(next));
      }
      document.body.classList.toggle("dark", page.body.classList.contains("dark"));
      pictures();
    } catch { /* the event stream reports a lost server */ } finally {
      asking = false;
    }
  }
  function renewSoon() {
    // A random delay spreads the requests of many visitors.
    const least = kind === "kiosk" ? 1000 : kind === "participant" || kind === "organiser" ? 10000 : 3000;
    if (due) return;
    due = setTimeout(() => { due = 0; renew(); }, least * (0.3 + 0.7 * Math.random()));
  }
  // The kiosk's clock advances also without new readings.
  if (kind === "kiosk") setInterval(renew, 30000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });

  // --- the panels' pictures, while they are in view
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? seen.add(target) : seen.delete(target);
  });
  function pictures() {
    for (const image of document.querySelectorAll("img[data-panel]")) watch.observe(image);
  }
  async function repaint() {
    if (document.hidden || !connected) return;
    for (const image of seen) {
      if (!image.isConnected) { seen.delete(image); continue; }
      const next = new Image();
      next.src = `${image.dataset.panel}&t=${Date.now()}`;
      try { await next.decode(); image.src = next.src; } catch { return; }
    }
  }
  pictures();
  setInterval(repaint, 2500);

  // --- the stream
  const notice = document.getElementById("lost");
  let connected = true;
  let lostAt = null;
  function lost() {
    connected = false;
    lostAt ??= new Date();
    const at = lostAt.toLocaleTimeString(lang === "sv" ? "sv-SE" : "en-GB", { hour: "2-digit", minute: "2-digit" });
    notice.textContent = `${document.body.dataset.lost} ${at}. ${document.body.dataset.lostMore}`;
    notice.hidden = false;
    document.body.classList.add("cut");
  }
  function found() {
    connected = true;
    if (lostAt) { lostAt = null; renew(); }
    notice.hidden = true;
    document.body.classList.remove("cut");
  }
  function listen() {
    const stream = new EventSource("/api/v1/events?board=version");
    let pulse;
    const alive = () => { clearTimeout(pulse); pulse = setTimeout(lost, 45000); };
    stream.onopen = () => { found(); alive(); };
    stream.onerror = () => {
      lost();
      // A refused stream does not come back by itself.
      if (stream.readyState === EventSource.CLOSED) { clearTimeout(pulse); setTimeout(listen, 5000); }
    };
    stream.addEventListener("leaderboard", () => { alive(); renewSoon(); });
    stream.addEventListener("reading", (event) => {
      alive();
      const { participant, power_w: power, step_w: step } = JSON.parse(event.data);
      if (power === null) return;
      for (const cell of document.querySelectorAll(`[data-power="${CSS.escape(participant)}"]`)) {
        const text = kilowatts(power);
        if (cell.textContent.trim() !== text) { cell.textContent = text; flash(cell, step > 0 ? "up" : step < 0 ? "down" : "tick"); }
      }
      if (step && kind === "kiosk") renewSoon();
    });
  }
  listen();

  // --- with a script the filter needs no button
  for (const select of document.querySelectorAll("form.filter select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
})();
