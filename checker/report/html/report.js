"use strict";
// The list of findings: search, filters, order, pages, deep links. The page is whole without it; nothing is loaded.
// Every text is placed with textContent: no text of a finding is ever parsed as markup.
(() => {
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const PAGE = 50;

  const make = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
    return made;
  };
  const icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    const use = document.createElementNS(space, "use");
    picture.setAttribute("class", "i");
    picture.setAttribute("aria-hidden", "true");
    picture.setAttribute("focusable", "false");
    use.setAttribute("href", "#i-" + name);
    picture.append(use);
    return picture;
  };

  // Theme: automatic, light, dark.
  const themes = ["automatic", "light", "dark"];
  let theme = "automatic";
  const remember = (value) => { try { localStorage.setItem("flowcheck-theme", value); } catch { /* private mode */ } };
  const recall = () => { try { return localStorage.getItem("flowcheck-theme"); } catch { return null; } };
  const dress = () => {
    if (theme === "automatic") delete root.dataset.theme; else root.dataset.theme = theme;
    at("theme").textContent = "Theme: " + theme;
  };
  theme = themes.includes(recall()) ? recall() : "automatic";
  at("theme").addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    remember(theme);
    dress();
  });
  dress();

  // Data.
  const data = JSON.parse(at("data-index").textContent);
  const columns = data.columns;
  const total = columns.rule.length;
  const ids = columns.id.map((id, row) => id !== 0 ? id
    : data.rules[columns.rule[row]].split(" ", 1)[0] + ":" + (data.roots[columns.root[row]] || "root") + ":" + columns.subject[row]);
  const pieces = new Map();
  const detail = (row) => {
    const number = Math.floor(row / data.piece);
    if (!pieces.has(number)) {
      if (pieces.size > 8) pieces.clear();
      pieces.set(number, JSON.parse(at("data-" + number).textContent));
    }
    const piece = pieces.get(number);
    const line = (place) => place < 0 ? null : piece.lines[place];
    const source = (place) => place < 0 ? null : piece.sources[place];
    const [confidence, why, evidence, fix, place, waiver, counted, arn] = piece.findings[row % data.piece];
    return {
      confidence, why: line(why), place: line(place), waiver: line(waiver), counted: line(counted), arn: line(arn),
      evidence: evidence.map(([said, where]) => [line(said), line(where)]),
      fix: fix && { summary: line(fix[0]), terraform: source(fix[1]), cli: source(fix[2]) },
    };
  };
  let searchable = null;
  const haystack = () => {
    if (!searchable) {
      searchable = columns.message.map((message, row) => [ids[row], data.rules[columns.rule[row]], columns.subject[row], message,
        data.accounts[columns.account[row]], data.regions[columns.region[row]], data.types[columns.type[row]]].join("\n").toLowerCase());
    }
    return searchable;
  };

  // State: what is asked for, kept in the address so that it can be sent to somebody.
  const plain = () => ({ q: "", status: [], severity: "", rule: "", account: "", region: "", control: "", sort: "", page: 1, open: null });
  let state = plain();
  const single = ["severity", "rule", "account", "region", "control", "sort"];
  const statusWords = data.statuses.map(([word]) => word);

  const read = () => {
    const [name, query] = location.hash.slice(1).split(/\?(.*)/s);
    const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
    const deep = name.startsWith("finding-");
    if (name !== "findings" && !deep) return false;
    const asked = new URLSearchParams(query || "");
    const next = plain();
    next.q = asked.get("q") || "";
    next.status = (asked.get("status") || "").split(",").filter((word) => statusWords.includes(word));
    for (const key of single) next[key] = asked.get(key) || "";
    next.page = Math.max(1, parseInt(asked.get("page"), 10) || 1);
    if (deep) {
      const row = ids.indexOf(decode(name.slice("finding-".length)));
      next.open = row < 0 ? null : row;
      if (row < 0) next.missing = true;
    }
    state = next;
    return true;
  };
  const address = (open) => {
    const asked = new URLSearchParams();
    if (state.q) asked.set("q", state.q);
    if (state.status.length) asked.set("status", state.status.join(","));
    for (const key of single) if (state[key]) asked.set(key, state[key]);
    if (state.page > 1) asked.set("page", String(state.page));
    const query = asked.toString();
    return "#" + (open === null ? "findings" : "finding-" + encodeURIComponent(ids[open])) + (query ? "?" + query : "");
  };
  const write = () => history.replaceState(null, "", address(state.open));

  // Filter and order.
  let matches = [];
  const orders = {
    "": null,
    severity: (a, b) => columns.severity[b] - columns.severity[a] || a - b,
    "-severity": (a, b) => columns.severity[a] - columns.severity[b] || a - b,
    status: (a, b) => columns.status[a] - columns.status[b] || a - b,
    "-status": (a, b) => columns.status[b] - columns.status[a] || a - b,
  };
  const collator = new Intl.Collator("en", { numeric: true });
  const ranks = new Map();
  const rank = (key, texts) => {  // comparing numbers, not texts: sorting a hundred thousand rows stays quick
    if (!ranks.has(key)) {
      const distinct = [...new Set(texts)].sort(collator.compare);
      const places = new Map(distinct.map((text, place) => [text, place]));
      ranks.set(key, Int32Array.from(texts, (text) => places.get(text)));
    }
    return ranks.get(key);
  };
  const byText = (key) => {
    const texts = key === "rule" ? columns.rule.map((each) => data.rules[each])
      : key === "account" ? columns.account.map((each) => data.accounts[each]) : columns[key];
    return rank(key, texts);
  };
  const order = () => {
    if (state.sort in orders) return orders[state.sort];
    const down = state.sort.startsWith("-");
    const key = down ? state.sort.slice(1) : state.sort;
    if (!["rule", "subject", "account", "message"].includes(key)) return null;
    const places = byText(key);
    return down ? (a, b) => places[b] - places[a] || a - b : (a, b) => places[a] - places[b] || a - b;
  };
  const select = () => {
    const wanted = new Set(state.status.map((word) => statusWords.indexOf(word)));
    const severity = data.severities.indexOf(state.severity);
    const rule = data.rules.findIndex((text) => text === state.rule || text.split(" ", 1)[0] === state.rule);
    const account = data.accounts.indexOf(state.account), region = data.regions.indexOf(state.region);
    const control = data.controls.indexOf(state.control);
    const sets = new Set(data.sets.flatMap((set, place) => set.includes(control) ? [place] : []));
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = words.length ? haystack() : null;
    matches = [];
    for (let row = 0; row < total; row += 1) {
      if (wanted.size && !wanted.has(columns.status[row])) continue;
      if (state.severity && columns.severity[row] !== severity) continue;
      if (state.rule && columns.rule[row] !== rule) continue;
      if (state.account && columns.account[row] !== account) continue;
      if (state.region && columns.region[row] !== region) continue;
      if (state.control && !sets.has(columns.controls[row])) continue;
      if (texts && !words.every((word) => texts[row].includes(word))) continue;
      matches.push(row);
    }
    const compare = order();
    if (compare) matches.sort(compare);
  };

  // Show.
  const badge = (row) => {
    const [word, shown] = data.statuses[columns.status[row]];
    return make("span", { class: "badge s-" + word }, icon(word), shown);
  };
  const HEADS = [["status", "Status"], ["severity", "Severity"], ["rule", "Rule"], ["subject", "Subject"], ["message", "What is so"]];
  const head = () => make("tr", {}, ...HEADS.map(([key, word]) => {
    const now = state.sort === key ? "ascending" : state.sort === "-" + key ? "descending" : null;
    const button = make("button", { type: "button" }, word, now === "ascending" ? " ▲" : now === "descending" ? " ▼" : "");
    button.addEventListener("click", () => {
      state.sort = state.sort === key ? "-" + key : key;
      state.page = 1;
      refresh();
      at("list").querySelectorAll("th button")[HEADS.findIndex(([each]) => each === key)].focus();
    });
    return make("th", { scope: "col", "aria-sort": now }, button);
  }));
  const place = (row) => [data.types[columns.type[row]], data.accounts[columns.account[row]], data.regions[columns.region[row]],
    data.roots[columns.root[row]]].filter((text, index, all) => text && all.indexOf(text) === index).join(" · ");

  const line = (row) => {
    const open = state.open === row;
    const severity = data.severities[columns.severity[row]];
    const button = make("button", { type: "button", class: "open mono", "aria-expanded": String(open) }, columns.subject[row]);
    button.addEventListener("click", () => {
      state.open = open ? null : row;
      write();
      show();
      focusOn(row);
    });
    return make("tr", { class: open ? "here" : null, "data-row": row },
      make("td", {}, badge(row)), make("td", {}, make("span", { class: "sev sev-" + severity }, severity)),
      make("td", {}, data.rules[columns.rule[row]]), make("td", {}, button, make("span", { class: "kind" }, place(row))),
      make("td", {}, columns.message[row], columns.labels[row] ? make("span", { class: "kind" }, columns.labels[row]) : null));
  };
  const titled = (title, ...children) => [make("h3", {}, title), ...children];
  const code = (text) => make("pre", { tabindex: "0" }, make("code", {}, text));
  const opened = (row) => {
    const found = detail(row);
    const controls = data.sets[columns.controls[row]].map((each) => data.controls[each]);
    const link = make("a", { href: address(row) }, "Link to this finding");
    const cell = make("td", { colspan: HEADS.length },
      make("p", { class: "note" }, found.why),
      ...(found.evidence.length ? titled("Evidence", make("ul", {}, ...found.evidence.map(([said, where]) =>
        make("li", {}, said, where ? " " : null, where ? make("span", { class: "where" }, where) : null)))) : []),
      ...(found.fix ? titled("Fix", make("p", {}, found.fix.summary), found.fix.terraform && code(found.fix.terraform), found.fix.cli && code(found.fix.cli)) : []),
      ...(found.waiver ? titled("Waived", make("p", {}, found.waiver)) : []),
      ...(found.counted ? titled("Does not decide the exit code", make("p", {}, found.counted)) : []),
      ...(controls.length ? titled("Controls", make("p", { class: "meta" }, controls.join("; "))) : []),
      make("p", { class: "meta" }, ["confidence " + found.confidence, found.place, found.arn].filter(Boolean).join(" · ")),
      make("p", { class: "meta" }, make("code", {}, ids[row]), " ", link));
    return make("tr", { class: "detail" }, cell);
  };
  const focusOn = (row) => {
    const found = at("list").querySelector('tr[data-row="' + row + '"] .open');
    if (found) found.focus();
  };
  const show = () => {
    const pages = Math.max(1, Math.ceil(matches.length / PAGE));
    state.page = Math.min(state.page, pages);
    const rows = matches.slice((state.page - 1) * PAGE, state.page * PAGE);
    const body = make("tbody", {});
    for (const row of rows) {
      body.append(line(row));
      if (state.open === row) body.append(opened(row));
    }
    const table = make("table", {}, make("caption", {}, "Findings " + (rows.length ? ((state.page - 1) * PAGE + 1).toLocaleString("en") + " to " +
      ((state.page - 1) * PAGE + rows.length).toLocaleString("en") : "none") + " of " + matches.length.toLocaleString("en")), make("thead", {}, head()), body);
    at("list").replaceChildren(table);
    at("found").textContent = (state.missing ? "The finding of this link is not in this report. " : "") +
      matches.length.toLocaleString("en") + " of " + total.toLocaleString("en") + " findings";
    turn(pages);
  };
  const turn = (pages) => {
    const step = (word, page, able) => {
      const button = make("button", { type: "button", disabled: !able }, word);
      button.addEventListener("click", () => {
        state.page = page;
        state.open = null;
        write();
        show();
        at("findings").scrollIntoView({ block: "start" });
        const first = at("list").querySelector(".open");
        if (first) first.focus({ preventScroll: true });
      });
      return button;
    };
    const now = state.page;
    at("pager").replaceChildren(step("First", 1, now > 1), step("Previous", now - 1, now > 1),
      make("span", {}, "Page " + now.toLocaleString("en") + " of " + pages.toLocaleString("en")),
      step("Next", now + 1, now < pages), step("Last", pages, now < pages));
    at("pager").hidden = pages < 2;
  };
  const mirror = () => {
    at("f-q").value = state.q;
    for (const box of at("filters").elements.status ? [].concat(...[at("filters").querySelectorAll('[name="status"]')].map((list) => [...list])) : []) {
      box.checked = state.status.includes(box.value);
    }
    for (const key of single) {
      const select = at("f-" + key);
      if (key === "rule" && state.rule) state.rule = data.rules.find((text) => text === state.rule || text.split(" ", 1)[0] === state.rule) || state.rule;
      select.value = state[key];
      if (select.selectedIndex < 0 && state[key]) select.append(new Option(state[key], state[key], true, true));
    }
  };
  const refresh = () => {
    select();
    if (state.open !== null) {
      let found = matches.indexOf(state.open);
      if (found < 0) {  // a link to a finding wins over the filters that would hide it
        const open = state.open;
        state = plain();
        state.open = open;
        mirror();
        select();
        found = matches.indexOf(open);
      }
      state.page = Math.floor(found / PAGE) + 1;
    }
    write();
    show();
  };

  // Tools.
  const fill = (id, all, texts) => {
    const field = at("f-" + id);
    const options = texts.filter(([value]) => value !== "").map(([value, word]) => new Option(word, value));
    field.append(new Option(all, ""), ...options);
    if (!options.length) at("f-" + id + "-field").hidden = true;
  };
  const same = (texts) => [...texts].sort(collator.compare).map((text) => [text, text]);
  fill("severity", "All", [...data.severities].reverse().map((text) => [text, text]));
  fill("rule", "All", same(data.rules));
  fill("account", "All", same(data.accounts));
  fill("region", "All", same(data.regions));
  fill("control", "All", same(data.controls));
  fill("sort", "Worst first", [["severity", "Severity, falling"], ["-severity", "Severity, rising"], ["rule", "Rule"], ["subject", "Subject"],
    ["account", "Account"], ["status", "Status"], ["-status", "Status, reversed"], ["-rule", "Rule, reversed"], ["-subject", "Subject, reversed"],
    ["message", "What is so"], ["-message", "What is so, reversed"]]);
  const asked = () => {
    state.q = at("f-q").value.trim();
    state.status = [...at("filters").querySelectorAll('[name="status"]:checked')].map((box) => box.value);
    for (const key of single) state[key] = at("f-" + key).value;
    state.page = 1;
    state.open = null;
    state.missing = false;
    refresh();
  };
  let waiting = 0;
  at("f-q").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(asked, 120); });
  at("filters").addEventListener("change", asked);
  at("filters").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); asked(); });
  at("clear").addEventListener("click", () => { state = plain(); mirror(); refresh(); at("f-q").focus(); });

  const arrive = () => {
    if (!read()) return false;
    mirror();
    refresh();
    if (state.open !== null) {
      const found = at("list").querySelector("tr.here");
      if (found) found.scrollIntoView({ block: "start" });
      focusOn(state.open);
    } else at("findings").scrollIntoView({ block: "start" });
    return true;
  };
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (event) => {  // to the address that is shown already, after the reader went on
    const link = event.target.closest("a");
    if (link && link.getAttribute("href") === location.hash && arrive()) event.preventDefault();
  });

  // Where the reader is; and paper shows what is folded.
  const links = new Map([...document.querySelectorAll(".top nav a")].map((link) => [link.getAttribute("href").slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      const here = links.get(entry.target.id);
      here.setAttribute("aria-current", "true");
      const strip = here.closest("ul");
      strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const id of links.keys()) seen.observe(at(id));
  let folded = [];
  addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open])")]; for (const each of folded) each.open = true; });
  addEventListener("afterprint", () => { for (const each of folded) each.open = false; });

  // The list on paper bears the same ids: a browser that looks for them would go to what the screen does not show.
  for (const each of document.querySelectorAll(".static [id]")) each.removeAttribute("id");
  root.classList.replace("no-js", "js");
  if (!arrive()) { select(); show(); }
  addEventListener("load", () => { if (state.open !== null) focusOn(state.open); });
})();
