// The page works without this: Ctrl + Enter sends, new messages appear, and SMS are counted.
"use strict";

const form = document.getElementById("talk");
const text = document.getElementById("text");
const live = document.getElementById("live");
const EVERY = 5000;
const IDLE = 10 * 60 * 1000;
const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED = "\f^{}\\[~]|€";

function segments(words) {
  const characters = [...words];
  const plain = characters.every((each) => BASIC.includes(each) || EXTENDED.includes(each));
  const width = (each) => (plain ? (EXTENDED.includes(each) ? 2 : 1) : each.length);
  const [alone, part] = plain ? [160, 153] : [70, 67];
  const widths = characters.map(width);
  if (widths.reduce((sum, each) => sum + each, 0) <= alone) return 1;
  let count = 1;
  let room = part;
  for (const each of widths) {
    if (each > room) {
      count += 1;
      room = part;
    }
    room -= each;
  }
  return count;
}

function countUp() {
  const shown = document.getElementById("segments");
  if (!shown) return;
  const whole = text.dataset.before + text.value.trim();
  shown.textContent = shown.dataset.words.replace("{n}", segments(whole));
}

text?.addEventListener("input", countUp);
text?.addEventListener("keydown", (event) => {
  const send = form.querySelector('button[value="send"]');
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send) {
    event.preventDefault();
    form.requestSubmit(send);
  }
});

function show(fresh) {
  const old = document.getElementById("thread");
  if (!fresh || fresh.innerHTML === old.innerHTML) return;
  const isNew = fresh.dataset.seen !== old.dataset.seen;
  old.replaceWith(fresh);
  if (!isNew) return;
  if (text?.value.trim()) {
    // What is being typed was meant for what stood there before: sending it asks once more.
    const notice = document.getElementById("new");
    notice.textContent = notice.dataset.words;
  } else {
    form.elements.seen.value = fresh.dataset.seen;
  }
}

async function look() {
  if (document.hidden || idleFor() > IDLE) return;
  try {
    const answer = await fetch(live.dataset.from, { redirect: "error" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    show(page.getElementById("thread"));
  } catch {
    // Signed out, or the network is away: the page stays as it is, with what was typed.
  }
}

countUp();
setInterval(look, EVERY);
