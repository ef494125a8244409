// The page works without this, by reloading; with it the frames stay and mail comes by itself.
"use strict";

const SECOND = 1000;
const byId = (id) => document.getElementById(id);
const desk = byId("desk");
const status = byId("status");
let hush;
let newest = newestIn(document);
let phones = 0; // How often another phone was taken up: mail of the one before is not shown.

function newestIn(root) {
  const mail = root.querySelector(".mail");
  return mail ? Number(mail.id.slice("mail-".length)) : null;
}

function tell(text, stays) {
  clearTimeout(hush);
  status.textContent = text;
  if (!stays) hush = setTimeout(() => (status.textContent = ""), 5 * SECOND);
}

// The desk: the inbox, or the page that a mail led to. The page stays loaded behind the inbox.
function read(path) {
  let frame = byId("page").querySelector("iframe");
  if (!frame) {
    frame = document.createElement("iframe");
    frame.name = "page";
    frame.title = "The professional’s page";
    frame.addEventListener("load", noteInside);
    byId("page").append(frame);
  }
  if (path) frame.src = path;
  byId("page").hidden = false;
  byId("again").hidden = false;
  desk.classList.add("reading");
  byId("inbox").scrollTop = 0;
  desk.scrollIntoView();
  frame.focus({ preventScroll: true });
}

// Behind code and words nothing but the page is needed.
function noteInside() {
  const path = byId("page").querySelector("iframe")?.contentDocument?.location.pathname;
  desk.classList.toggle("inside", path === "/summary");
}

function toInbox() {
  desk.classList.remove("reading");
  byId("page").hidden = true;
  byId("desk-title").focus({ preventScroll: true });
}

function clearDesk() {
  toInbox();
  byId("page").replaceChildren();
  desk.classList.remove("inside");
  byId("again").hidden = true;
}

desk.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  if (link.id === "back") toInbox();
  else if (link.id === "again") read();
  else {
    for (const mail of desk.querySelectorAll(".opened")) mail.classList.remove("opened");
    link.closest(".mail").classList.add("opened");
    read(link.dataset.path);
  }
});

// Mail. What was opened or closed by hand stays so; what is new comes on top.
function addMails(root) {
  const fresh = [...root.querySelectorAll(".mail")].filter((mail) => !byId(mail.id));
  if (!fresh.length) return;
  byId("inbox").querySelector(".empty")?.remove();
  byId("inbox").prepend(...fresh);
  newest = newestIn(document);
  tell(`New mail: ${fresh[0].querySelector(".subject").textContent}`);
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

async function look() {
  const phone = phones;
  const response = await fetch("/demo/now");
  if (!response.ok) return;
  const now = await response.json();
  byId("day").textContent = now.day;
  byId("time").textContent = now.time;
  byId("clock").dateTime = now.iso;
  if (now.mail !== null && now.mail !== newest) {
    const mails = parse(await (await fetch("/demo/mails")).text());
    if (phone === phones) addMails(mails);
  }
}

async function watch() {
  try {
    if (!document.hidden) await look();
  } catch (error) {
    // The demo was stopped or starts again; the next look tells.
    console.warn(error.name);
  }
  setTimeout(watch, SECOND);
}

// The clock and the chooser: posted as without script, and only what changed is put in place.
function adopt(fresh, anotherPhone) {
  const focused = document.activeElement.id;
  byId("clock").replaceWith(fresh.getElementById("clock"));
  byId("tools").replaceWith(fresh.getElementById("tools"));
  offerPhrases();
  if (focused) byId(focused)?.focus({ preventScroll: true });
  if (anotherPhone) {
    phones += 1;
    byId("phone").replaceWith(fresh.getElementById("phone"));
    clearDesk();
    byId("inbox").replaceChildren(...fresh.getElementById("inbox").childNodes);
    newest = newestIn(document);
    byId("phone").scrollIntoView();
    byId("screen").querySelector("iframe")?.focus({ preventScroll: true });
  } else {
    addMails(fresh);
  }
}

async function submit(form, button) {
  tell(form.dataset.meanwhile, true);
  document.body.setAttribute("aria-busy", "true");
  button.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const response = await fetch(form.action, { method: "POST", body });
    if (!response.ok) throw new Error(response.status);
    tell("");
    adopt(parse(await response.text()), form.matches("[action='/demo/phone']"));
  } catch (error) {
    console.warn(error.message);
    tell("That did not work. Is the demo still running?");
  }
  document.body.removeAttribute("aria-busy");
  button.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.meanwhile) return;
  event.preventDefault();
  if (!document.body.hasAttribute("aria-busy")) submit(event.target, event.submitter);
});

// What to try: a press puts the words into the phone; sending them stays with the patient.
function offerPhrases() {
  for (const quote of document.querySelectorAll("q[data-say]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = quote.dataset.say;
    button.addEventListener("click", () => say(quote.dataset.say));
    quote.replaceWith(button);
  }
}

function say(words) {
  const field = byId("screen").querySelector("iframe")?.contentDocument?.getElementById("text");
  if (field) {
    field.value = words;
    field.focus();
  } else {
    tell("Choose a phone first.");
  }
}

for (const frame of byId("page").children) frame.addEventListener("load", noteInside);
offerPhrases();
watch();
