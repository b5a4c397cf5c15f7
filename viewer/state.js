// What is shown is in the address, so every view can be linked to.
import { SEVERITIES } from "./model.js";

const DEFAULTS = { view: "findings", q: "", ring: "", check: "", status: "fail", open: "", page: "1" };

export function readState() {
  const written = new URLSearchParams(location.hash.slice(1));
  const state = { severity: (written.get("severity") ?? "").split(",").filter((word) => SEVERITIES.includes(word)) };
  for (const [name, standard] of Object.entries(DEFAULTS)) state[name] = written.get(name) ?? standard;
  return state;
}

export function address(state) {
  const parts = [];
  // Slashes, colons and @ are legal here and make a link that people can read.
  const write = (name, value) =>
    parts.push(`${name}=${encodeURIComponent(value).replace(/%2F/g, "/").replace(/%3A/g, ":").replace(/%40/g, "@").replace(/%2C/g, ",")}`);
  if (state.severity.length) write("severity", state.severity.join(","));
  for (const [name, standard] of Object.entries(DEFAULTS)) {
    if (state[name] !== standard) write(name, state[name]);
  }
  return `#${parts.join("&")}`;
}

export function changeState(changes) {
  const state = { ...readState(), ...changes };
  history.replaceState(null, "", address(state));
  dispatchEvent(new Event("statechange"));
}
