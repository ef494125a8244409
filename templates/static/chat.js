// The chat works without this; with it nothing reloads and new messages come by themselves.
"use strict";

const log = document.getElementById("log");
const composer = document.getElementById("composer");
const input = document.getElementById("text");
const problem = document.getElementById("problem");
const status = document.getElementById("status");
const words = composer.dataset;

// Sending. What failed keeps its id, so that sending it again is never a second message.
let unsent = { content: "", id: "" };

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
  input.toggleAttribute("aria-invalid", Boolean(text));
}

async function post(name, value) {
  const content = `${name}=${value}`;
  if (unsent.content !== content) unsent = { content, id: newId() };
  const response = await fetch("/chat/messages", {
    method: "POST",
    headers: { "X-Requested-With": "fetch" },
    body: new URLSearchParams({ id: unsent.id, [name]: value }),
    signal: AbortSignal.timeout(20000),
  });
  if (response.status === 401) location.reload();
  if (response.status === 422) return await response.text();
  if (!response.ok) return words.notSent;
  unsent = { content: "", id: "" };
  if (source.readyState !== EventSource.OPEN) location.reload();
  return "";
}

async function deliver(name, value) {
  const slow = setTimeout(() => (status.textContent = words.sending), 600);
  let trouble = words.notSent;
  try {
    trouble = await post(name, value);
  } catch (error) {
    // No network or no answer in time: the words stay where they are.
    console.warn(error.name);
  }
  clearTimeout(slow);
  status.textContent = "";
  complain(trouble);
  return !trouble;
}

// One after the other: the next question may be here, and be answered, before the server's
// word that the last answer has arrived. The same again while it is on its way is one press.
const underWay = new Set();
let last = Promise.resolve();

function send(name, value) {
  const content = `${name}=${value}`;
  if (underWay.has(content)) return Promise.resolve(false);
  underWay.add(content);
  last = last.then(() => deliver(name, value)).finally(() => underWay.delete(content));
  return last;
}

function tooLong(text) {
  const length = [...text].length;
  if (length <= Number(words.limit)) return "";
  return words.tooLong.replace("{limit}", words.limit).replace("{length}", length);
}

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  const trouble = tooLong(text);
  if (trouble) complain(trouble);
  else if (await send("text", text)) {
    if (input.value.trim() === text) input.value = "";
  }
  input.focus();
});

input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

document.getElementById("press").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  button.setAttribute("aria-busy", "true");
  await send("choice", button.value);
  button.removeAttribute("aria-busy");
});

document.getElementById("help").addEventListener("submit", (event) => {
  event.preventDefault();
  send("text", event.target.elements.text.value);
});

// Reading. The server renders each line; here it only finds its place.
function settle(choices) {
  const within = choices.contains(document.activeElement);
  choices.classList.remove("now");
  choices.open = false;
  if (within) choices.querySelector("summary").focus({ preventScroll: true });
}

// While a smooth scroll is under way the end is still far off, but wanted all the same.
let heading = false;
for (const event of ["scrollend", "wheel", "touchmove", "pointerdown"]) {
  addEventListener(event, () => (heading = false), { passive: true });
}

function toBottom(behavior) {
  heading = true;
  scrollTo({ top: document.documentElement.scrollHeight, behavior });
}

function show(html) {
  const part = document.createRange().createContextualFragment(html);
  const line = part.querySelector(".line");
  if (document.getElementById(line.id)) return;
  const page = document.documentElement;
  const following = heading || page.scrollHeight - scrollY - innerHeight < 200;
  if (line.matches(".patient") || line.querySelector(".choices")) {
    for (const choices of log.querySelectorAll(".choices.now")) settle(choices);
  }
  line.classList.add("fresh");
  if (line.matches(".safety")) line.setAttribute("role", "alert");
  document.getElementById("empty")?.remove();
  log.append(part);
  if (following || line.matches(".patient")) {
    toBottom(matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");
  }
}

let source;
let cursor = log.dataset.cursor;
let patience = 5000;

function listen() {
  source = new EventSource(`/chat/events?after=${cursor}`);
  source.addEventListener("open", () => {
    status.textContent = "";
    patience = 5000;
  });
  source.addEventListener("line", (event) => {
    cursor = event.lastEventId;
    show(event.data);
  });
  source.addEventListener("closed", () => location.reload());
  source.addEventListener("error", () => {
    status.textContent = words.offline;
    if (source.readyState !== EventSource.CLOSED) return; // The browser itself tries again.
    setTimeout(listen, patience);
    patience = Math.min(patience * 2, 60000);
  });
}

toBottom("instant");
listen();
