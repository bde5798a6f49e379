"use strict";
/* One page: /api/status every two seconds, /ws for what happens in between. Everything shown is text, never markup. */
const KEY = "trade-copier-token", EVENTS = 200;
const at = id => document.getElementById(id);
let token = sessionStorage.getItem(KEY), socket = null, timer = null;

const show = value => value === null || value === undefined ? "–" : String(value);
const ms = value => value === null || value === undefined ? "–" : (value < 10 ? value.toFixed(2) : Math.round(value)) + " ms";
const clock = text => text ? text.slice(11, 19) : "–";

function badge(id, text, good) {
  at(id).textContent = text;
  at(id).className = "badge " + (good ? "good" : "bad");
}

function table(id, heads, rows) {
  const body = document.createElement("tbody"), head = document.createElement("tr");
  for (const name of heads) head.appendChild(document.createElement("th")).textContent = name;
  body.appendChild(head);
  for (const row of rows) {
    const line = body.appendChild(document.createElement("tr"));
    for (const cell of row) {
      const field = line.appendChild(document.createElement("td"));
      const {text, kind} = typeof cell === "object" && cell !== null ? cell : {text: cell};
      field.textContent = show(text);
      if (kind) field.className = kind;
    }
  }
  if (rows.length === 0) body.appendChild(document.createElement("tr")).appendChild(document.createElement("td")).textContent = "none";
  at(id).replaceChildren(body);
}

function tiles(list) {
  at("tiles").replaceChildren(...list.map(([name, value, kind]) => {
    const tile = document.createElement("div");
    tile.className = "tile";
    const number = tile.appendChild(document.createElement("b"));
    number.textContent = show(value);
    if (kind) number.className = kind;
    tile.appendChild(document.createElement("span")).textContent = name;
    return tile;
  }));
}

function draw(status) {
  const copies = status.replication, storage = status.storage, listening = status.stream.state === "listening";
  badge("ready", status.ready ? "ready" : "not ready", status.ready);
  tiles([
    ["stream", status.stream.state, listening ? "good" : "bad"],
    ["database", storage.database, storage.database === "ok" ? "good" : "bad"],
    ["Redis", storage.redis, storage.redis === "away" ? "bad" : ""],
    ["replications", copies.total], ["copied", copies.success], ["failed", copies.failure, copies.failure ? "bad" : ""],
    ["skipped", copies.skipped], ["p50", ms(copies.p50_ms)], ["p95", ms(copies.p95_ms)], ["p99", ms(copies.p99_ms)],
  ]);
  table("shards", ["name", "lease", "clients", "warm", "orders/s", "p99", "waiting", "unanswered", "working", "open breakers", "epoch"],
    status.shards.map(one => [one.name, {text: one.alive ? ms(one.lease_ms) : "none", kind: one.alive ? "good" : "bad"}, one.clients,
      one.warm, one.orders_per_second, ms(one.p99_ms), one.lag, one.unanswered, one.working, one.breakers_open, one.epoch]));
  table("replications", ["at", "side", "symbol", "copied", "failed", "skipped", "p50", "p99", "last outcome"],
    status.replications.slice(0, 20).map(one => [clock(one.at), one.side, one.symbol, one.success_count,
      {text: one.failure_count, kind: one.failure_count ? "bad" : ""}, one.skipped_count, ms(one.p50_ms), ms(one.p99_ms), ms(one.latency_ms)]));
  table("breakers", ["client", "state", "failures", "tries again", "last error"],
    status.breakers.slice(0, 50).map(one => [one.client_id, one.state, one.failures, clock(one.retry_at), {text: one.last_error, kind: "text"}]));
  table("alerts", ["at", "severity", "kind", "subject", "text"],
    status.alerts.slice(0, 20).map(one => [clock(one.at), {text: one.severity, kind: one.severity === "info" ? "" : "bad"}, one.kind,
      one.subject, {text: one.text, kind: "text"}]));
}

function note(event) {
  const {type, ...rest} = event, line = document.createElement("li");
  line.textContent = new Date().toISOString().slice(11, 19) + " " + type + " " +
    Object.entries(rest).map(([name, value]) => name + "=" + show(value)).join(" ");
  at("events").prepend(line);
  while (at("events").childElementCount > EVENTS) at("events").lastElementChild.remove();
}

function ask(why) {
  clearTimeout(timer);
  if (socket) socket.close();
  socket = null;
  token = null;
  sessionStorage.removeItem(KEY);
  at("main").hidden = at("forget").hidden = true;
  at("login").hidden = false;
  at("refused").textContent = why || "";
}

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch("api/status", {headers: {Authorization: "Bearer " + token}, cache: "no-store"});
    if (answer.status === 401) return ask("That is not the token.");
    if (answer.ok) {
      draw(await answer.json());
      at("login").hidden = true;
      at("main").hidden = at("forget").hidden = false;
      connect();
    }
  } catch (error) {
    badge("ready", "no answer", false);
  }
  timer = setTimeout(refresh, 2000);
}

function connect() {
  if (socket) return;
  const hex = Array.from(new TextEncoder().encode(token), byte => byte.toString(16).padStart(2, "0")).join("");
  const one = socket = new WebSocket(location.href.replace(/^http/, "ws").replace(/[#?].*$/, "").replace(/\/?$/, "/ws"), ["tradecopier", "bearer." + hex]);
  one.onopen = () => badge("live", "live", true);
  one.onclose = () => {
    badge("live", "not connected", false);
    if (socket === one) socket = null; /* refresh () connects again */
  };
  one.onmessage = message => {
    const event = JSON.parse(message.data);
    note(event);
    if (event.type === "trade_replicated") refresh();
  };
}

at("login").onsubmit = submitted => {
  submitted.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
  sessionStorage.setItem(KEY, token);
  refresh();
};
at("forget").onclick = () => ask();
if (token) refresh(); else ask();
