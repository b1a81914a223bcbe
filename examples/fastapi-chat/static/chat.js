"use strict";

const byId = (id) => document.getElementById(id);
let socket = null;

// Relative to this page, so that it works on any host, port and sub-path, and over https behind a proxy.
function address(name) {
  const url = new URL("ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  url.search = new URLSearchParams({ name });
  return url.href;
}

// textContent, never innerHTML: what people type is shown, not run.
function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function show(line) {
  const item = part("li", line.kind, "");
  if (line.kind === "said") {
    const time = new Date(line.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    item.append(part("strong", "who", line.name), part("time", "", time), part("p", "", line.text));
  } else {
    item.textContent = `${line.name} ${line.kind === "joined" ? "came in" : "left"}`;
    byId("status").textContent = `${line.present} here`;
  }
  byId("lines").append(item);
  item.scrollIntoView({ block: "end" });
}

function joined(isIn) {
  byId("join").hidden = isIn;
  byId("say").hidden = !isIn;
  byId(isIn ? "text" : "name").focus();
}

byId("join").addEventListener("submit", (event) => {
  event.preventDefault();
  byId("lines").replaceChildren();
  byId("status").textContent = "connecting…";
  socket = new WebSocket(address(byId("name").value));
  socket.addEventListener("open", () => joined(true));
  socket.addEventListener("message", (message) => show(JSON.parse(message.data)));
  socket.addEventListener("close", () => {
    byId("status").textContent = "not connected";
    joined(false);
  });
});

byId("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (text && socket.readyState === WebSocket.OPEN) {
    socket.send(text);
    byId("text").value = "";
  }
});

// A browser may keep a page that was left, and its socket with it, for the Back button: leave the room all the same.
addEventListener("pagehide", () => socket?.close());
