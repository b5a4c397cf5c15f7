// The list of findings: filters, pages, and one row per root cause.
import { element, counted } from "../dom.js";
import { RINGS, SEVERITIES, STATUSES, grouped, matching, placeWords } from "../model.js";
import { changeState, readState } from "../state.js";
import { detail } from "./detail.js";
import { printed } from "./printed.js";

// Enough to scroll through, few enough that a phone stays fluid at any size of report.
const PAGE_ROWS = 50;
const TYPING_PAUSE_MS = 90;

function choice(label, name, options) {
  const select = element("select", { "aria-label": label, onchange: () => changeState({ [name]: select.value, page: "1", open: "" }) },
    options.map(([value, words]) => element("option", { value }, words)));
  return select;
}

function filterBar(model) {
  const search = element("input", { type: "search", placeholder: "Search message, subject, file, control…", "aria-label": "Search", autocomplete: "off", spellcheck: "false" });
  let pause;
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => changeState({ q: search.value, page: "1", open: "" }), TYPING_PAUSE_MS);
  });
  const severities = SEVERITIES.map((severity) => {
    const button = element("button", { type: "button", class: `chip ${severity}` }, severity);
    button.addEventListener("click", () => {
      const chosen = readState().severity;
      const next = chosen.includes(severity) ? chosen.filter((word) => word !== severity) : [...chosen, severity];
      changeState({ severity: next, page: "1", open: "" });
    });
    return [severity, button];
  });
  const ring = choice("Ring", "ring", [["", "All rings"], ...RINGS.map((word) => [word, word])]);
  const check = choice("Check", "check", [["", "All checks"], ...model.checks.map(([id, count]) => [id, `${id} (${count})`])]);
  const status = choice("Status", "status", [...Object.entries(STATUSES).map(([word, label]) => [word, `${label} (${(model.statuses.get(word) ?? 0).toLocaleString("en")})`]), ["all", "Any status"]]);
  const clear = element("button", { type: "button", class: "button", onclick: () => changeState({ q: "", severity: [], ring: "", check: "", status: "fail", page: "1", open: "" }) }, "Clear");
  const node = element("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
    search, element("div", { class: "chips-row", role: "group", "aria-label": "Severity" }, severities.map(([, button]) => button)), ring, check, status, clear);
  const update = (state) => {
    if (document.activeElement !== search) search.value = state.q;
    for (const [severity, button] of severities) button.setAttribute("aria-pressed", String(state.severity.includes(severity)));
    ring.value = state.ring;
    check.value = state.check;
    status.value = state.status;
    const used = state.q || state.severity.length || state.ring || state.check || state.status !== "fail";
    clear.hidden = !used;
  };
  return { node, update, search };
}

function member(finding, lead, isOpen) {
  return element("details", { class: "member", open: isOpen },
    element("summary", {}, element("span", { class: `badge ${finding.severity}` }, finding.severity), element("span", { class: "title" }, finding.title), element("span", { class: "words" }, finding.message)),
    detail(finding, lead));
}

function body(block, openId) {
  const [lead, ...others] = block;
  const members = element("div", { class: "members" });
  if (others.length) {
    members.append(element("h3", {}, `${counted(others.length, "more finding")} with the same root cause`));
    members.append(...others.slice(0, 100).map((finding) => member(finding, lead, finding.id === openId)));
    if (others.length > 100) members.append(element("p", { class: "more" }, `and ${counted(others.length - 100, "more", "more")}; filter by check to see them`));
  }
  return element("div", { class: "body" }, detail(lead), others.length > 0 && members);
}

function row(block, openId) {
  const [lead] = block;
  const isOpen = block.some((finding) => finding.id === openId);
  const head = element("button", { type: "button", class: "row-head", "aria-expanded": String(isOpen), "data-id": lead.id },
    element("span", { class: `badge ${lead.severity}` }, lead.severity),
    element("span", { class: "what" },
      element("span", { class: "title" }, lead.title),
      lead.title !== lead.check && element("code", { class: "check" }, lead.check),
      element("span", { class: "words" }, lead.message)),
    element("span", { class: "where" },
      element("span", { class: "subject" }, lead.words),
      element("code", {}, placeWords(lead.location))),
    element("span", { class: "marks" },
      block.length > 1 && element("span", { class: "tag", title: "findings with one root cause" }, `×${block.length}`),
      lead.status !== "fail" && element("span", { class: `tag ${lead.status}` }, STATUSES[lead.status].toLowerCase()),
      block.some((finding) => finding.fix) && element("span", { class: "tag fix" }, "fix")));
  const item = element("li", { class: `row ${lead.severity}${isOpen ? " open" : ""}`, id: lead.id }, element("h2", { class: "row-title" }, head));
  if (isOpen) item.append(body(block, openId));
  head.addEventListener("click", () => {
    const open = head.getAttribute("aria-expanded") === "true";
    head.setAttribute("aria-expanded", String(!open));
    item.classList.toggle("open", !open);
    if (open) item.querySelector(".body")?.remove();
    else item.append(body(block, null));
    // Only the address changes: the list stays as it is.
    changeState({ open: open ? "" : lead.id });
  });
  return item;
}

function pager(state, pages) {
  if (pages < 2) return null;
  const page = Math.min(Number(state.page) || 1, pages);
  const go = (target, words, label) => element("button", {
    type: "button", class: "button", disabled: target < 1 || target > pages || target === page, "aria-label": label,
    onclick: () => { changeState({ page: String(target), open: "" }); document.querySelector(".list")?.scrollIntoView(); },
  }, words);
  return element("nav", { class: "pager", "aria-label": "Pages" }, go(1, "«", "First page"), go(page - 1, "‹ Previous", "Previous page"),
    element("span", {}, `Page ${page.toLocaleString("en")} of ${pages.toLocaleString("en")}`), go(page + 1, "Next ›", "Next page"), go(pages, "»", "Last page"));
}

function findingsView(model, host) {
  const bar = filterBar(model);
  const count = element("p", { class: "count", id: "count", "aria-live": "polite" });
  const list = element("ol", { class: "list" });
  const foot = element("div");
  host.append(bar.node, count, list, foot);

  let drawn = null;
  let blocks = [];
  const choose = () => {
    const state = readState();
    bar.update(state);
    const filtered = matching(model, state);
    blocks = grouped(filtered);
    count.textContent = `${counted(filtered.length, "finding")} in ${counted(blocks.length, "root cause")}`;
    if (filtered.length < model.findings.length) count.textContent += `, of ${model.findings.length.toLocaleString("en")} in the report`;
    count.dataset.count = String(filtered.length);
    return state;
  };
  const fill = (rows, rest) => {
    list.replaceChildren(...rows);
    if (rows.length === 0) {
      list.append(element("li", { class: "empty" }, model.findings.length === 0
        ? "This report has no findings."
        : "No finding matches these filters."));
    }
    foot.replaceChildren(...rest);
  };
  const draw = () => {
    // Opening a row changes the address only; the rows need no drawing for it.
    const wanted = JSON.stringify({ ...readState(), open: "" });
    const { open } = readState();
    if (wanted === drawn && (open === "" || document.getElementById(open)?.classList.contains("open"))) return;
    const state = choose();
    const pages = Math.max(1, Math.ceil(blocks.length / PAGE_ROWS));
    const opened = open ? blocks.findIndex((block) => block.some((finding) => finding.id === open)) : -1;
    let page = Math.min(Math.max(Number(state.page) || 1, 1), pages);
    if (opened >= 0) page = Math.floor(opened / PAGE_ROWS) + 1;
    const first = (page - 1) * PAGE_ROWS;
    const pagerNode = pager({ ...state, page: String(page) }, pages);
    fill(blocks.slice(first, first + PAGE_ROWS).map((block) => row(block, open)), pagerNode ? [pagerNode] : []);
    drawn = wanted;
    if (opened >= 0) [...list.children][opened - first]?.scrollIntoView({ block: "start" });
  };
  const drawForPrint = () => {
    choose();
    const { rows, rest } = printed(blocks);
    fill(rows, rest);
    drawn = null;
  };
  draw();

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches?.("input, select, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      bar.search.focus();
    } else if (event.key === "Escape" && event.target === bar.search) {
      bar.search.value = "";
      changeState({ q: "", page: "1" });
    } else if ((event.key === "j" || event.key === "k") && !typing) {
      const heads = [...list.querySelectorAll(".row-head")];
      const at = heads.indexOf(document.activeElement.closest?.(".row")?.querySelector(".row-head"));
      heads[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), heads.length - 1)]?.focus();
    }
  };
  addEventListener("statechange", draw);
  addEventListener("keydown", onKey);
  addEventListener("beforeprint", drawForPrint);
  addEventListener("afterprint", draw);
  return () => {
    removeEventListener("statechange", draw);
    removeEventListener("keydown", onKey);
    removeEventListener("beforeprint", drawForPrint);
    removeEventListener("afterprint", draw);
  };
}

export const findings = { id: "findings", title: "Findings", show: findingsView };
