"use strict";

const $ = (id) => document.getElementById(id);
const shown = 6; // labels of a table; the most probable ones
const most = 64; // texts of a request

let adapters = [];
let running = null; // AbortController of the request that is under way

// element makes an element. Texts of others get into the page here alone, as texts.
function element(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

// ask asks the server and gives its JSON, or throws an Error that a person can read.
async function ask(path, body, signal) {
  const headers = {};
  if ($("token").value) headers.Authorization = "Bearer " + $("token").value;
  if (body) headers["Content-Type"] = "application/json";
  let response, answer;
  try {
    response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
    answer = await response.json();
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Error("The server cannot be reached. Is it still running?");
  }
  if (response.ok) return answer;
  const error = new Error(answer?.error?.message ?? "The server answers with status " + response.status + ".");
  error.status = response.status;
  const wait = response.headers.get("Retry-After");
  if (wait) error.message += " Try again in " + wait + " s.";
  throw error;
}

// fail shows an error; without a token that is right, it asks for one.
function fail(e) {
  if (e.name === "AbortError") return;
  $("status").textContent = "";
  if (e.status === 401) {
    const given = $("token").value !== "";
    $("access").hidden = false;
    $("token").focus();
    $("error").textContent = given ? "The token is not the server's." : "Give the server's token.";
  } else {
    $("error").textContent = e.message;
  }
  $("error").hidden = false;
}

// takesPair tells whether a second text is for this adapter; where nobody knows its task, it may be.
const takesPair = (a) => a.pair || !a.task;

// load lists the adapters.
async function load() {
  adapters = (await ask("v1/adapters")).adapters;
  $("error").hidden = true;
  const before = $("adapter").value;
  $("adapter").replaceChildren(element("option", { value: "" }, "all " + adapters.length));
  for (const a of adapters) $("adapter").append(element("option", { value: a.name }, a.name));
  if (adapters.some((a) => a.name === before)) $("adapter").value = before;
  $("choice").hidden = adapters.length < 2;
  $("second").hidden = !adapters.some(takesPair);
  $("pair-hint").textContent = adapters.every((a) => a.pair) ? "The adapters take pairs." :
    "For adapters that take a pair: " + adapters.filter(takesPair).map((a) => a.name).join(", ") + ".";
  $("status").textContent = adapters.length ? "" : "No adapter is loaded.";
}

// ranksOf are the ranks of an adapter that the form asks for; 0 stands for a merged model, which has none.
function ranksOf(a) {
  if (a.rank === 0) return [0];
  const list = [];
  for (let r = 1; r <= a.rank; r = $("ranks").value === "powers" ? r * 2 : r + 1) list.push(r);
  for (const r of [a.default_rank, a.auto_rank ?? 0, a.rank]) if (r > 0 && !list.includes(r)) list.push(r);
  return list.sort((x, y) => x - y);
}

// classify asks for the text at the ranks of the adapters that are chosen, and shows the answers.
async function classify() {
  running?.abort();
  const mine = (running = new AbortController());
  $("error").hidden = true;
  $("status").textContent = "Asking …";
  $("send").setAttribute("aria-disabled", "true");
  try {
    await load(); // adapters come and go
    const text = $("text").value, pair = $("pair").value;
    const chosen = adapters.filter((a) => $("adapter").value === "" || a.name === $("adapter").value);
    const items = [], missing = new Set();
    for (const a of chosen) {
      if (a.pair && pair === "") { missing.add(a); continue; }
      for (const rank of ranksOf(a)) {
        items.push({ text, adapter: a.name, ...(takesPair(a) && pair !== "" && { pair }), ...(rank > 0 && { rank }) });
      }
    }
    const began = performance.now(), results = [];
    for (let i = 0; i < items.length; i += most) {
      results.push(...(await ask("v1/predict", { items: items.slice(i, i + most) }, mine.signal)).results);
    }
    const took = performance.now() - began;
    $("answers").replaceChildren(...chosen.map((a) => section(a, results.filter((r) => r.adapter === a.name), missing.has(a))));
    const count = (n, one) => n + " " + one + (n === 1 ? "" : "s");
    if (adapters.length) {
      $("status").textContent = count(results.length, "answer") + " of " + count(chosen.length - missing.size, "adapter") + " in " + Math.max(1, Math.round(took)) + " ms.";
    }
  } catch (e) {
    if (running === mine) fail(e);
  } finally {
    if (running === mine) $("send").removeAttribute("aria-disabled");
  }
}

// section shows what one adapter answers.
function section(a, results, missing) {
  const s = element("section", {}, element("h2", { dir: "auto" }, a.name));
  const about = [a.task ? "task " + a.task : "", a.kind, a.rank ? "ranks 1 to " + a.rank : "a merged model, without ranks"];
  if (results[0]?.tokens) about.push(results[0].tokens + " tokens" + (results[0].truncated ? ", cut: it reads no more" : ""));
  if (results[0]?.probabilities && a.labels.length > shown) about.push("the " + shown + " most probable of " + a.labels.length + " labels");
  s.append(element("p", { class: "about" }, about.filter(Boolean).join(" · ")));
  const wrong = results.find((r) => r.error);
  if (missing) {
    s.append(element("p", { class: "wrong" }, "This adapter takes a pair: fill in the second text."));
  } else if (wrong) {
    s.append(element("p", { class: "wrong" }, wrong.error.message));
  } else if (results.length) {
    const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "answers of " + a.name }, table(a, results));
    s.append(scroll);
  }
  return s;
}

// columnsOf are the labels of a table: in the model's order if they are few, else the most probable ones at any rank.
function columnsOf(results) {
  const best = new Map();
  for (const r of results) {
    for (const [l, p] of Object.entries(r.probabilities)) best.set(l, Math.max(p, best.get(l) ?? 0));
  }
  const labels = [...best.keys()];
  if (labels.length <= shown) return labels;
  return labels.sort((x, y) => best.get(y) - best.get(x)).slice(0, shown);
}

// answerOf is an answer in words.
function answerOf(r) {
  if (r.labels) return r.labels.join(", ") || "none";
  return r.label;
}

// table has a row for each rank: the answer, and the labels with their probabilities.
function table(a, results) {
  const scores = (r) => r.scores ?? [r.score];
  const regression = !results[0].probabilities;
  const columns = regression ? scores(results[0]).map((_, i) => a.labels[i] ?? "score") : columnsOf(results);
  const head = element("tr", {}, element("th", { scope: "col" }, "Rank"));
  if (!regression) head.append(element("th", { scope: "col" }, a.kind === "multi-label" ? "Labels" : "Answer"));
  for (const c of columns) head.append(element("th", { scope: "col", dir: "auto" }, c));
  const body = element("tbody"), last = results[results.length - 1];
  for (const r of results) {
    const notes = [];
    if (r.rank === a.default_rank && a.rank) notes.push("default");
    if (r.rank === a.auto_rank) notes.push("auto");
    const rank = element("th", { scope: "row" }, a.rank ? String(r.rank) : "–");
    if (notes.length) rank.append(element("small", {}, notes.join(", ")));
    const row = element("tr", {}, rank);
    if (!regression) {
      const cell = element("td", { class: "answer", dir: "auto" }, answerOf(r));
      if (answerOf(r) !== answerOf(last)) cell.append(element("small", {}, "unlike rank " + last.rank));
      row.append(cell);
    }
    columns.forEach((c, i) => {
      if (regression) {
        row.append(element("td", { class: "number" }, scores(r)[i].toFixed(4)));
        return;
      }
      const p = r.probabilities[c] ?? 0;
      const top = r.labels ? r.labels.includes(c) : r.label === c;
      const fill = element("span");
      fill.style.width = (100 * p).toFixed(1) + "%";
      row.append(element("td", { class: "number" }, element("span", top ? { class: "top" } : {}, (100 * p).toFixed(1) + " %"),
        element("span", { class: "bar", "aria-hidden": "true" }, fill)));
    });
    body.append(row);
  }
  return element("table", {}, element("thead", {}, head), body);
}

$("form").addEventListener("submit", (e) => { e.preventDefault(); classify(); });
for (const id of ["text", "pair"]) {
  $(id).addEventListener("keydown", (e) => {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); classify(); }
  });
}
$("token").addEventListener("change", () => { if ($("text").value === "") load().catch(fail); });
load().then(() => { if (adapters.some((a) => a.rank > 16)) $("ranks").value = "powers"; }).catch(fail);
