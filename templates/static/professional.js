// The page works without this; it only saves the professional a few keystrokes.
"use strict";

async function copy(source, button, status) {
  source.select();
  let copied;
  try {
    await navigator.clipboard.writeText(source.value);
    copied = true;
  } catch {
    // Browsers lend no clipboard to plain http, and may ask the reader, who may say no.
    copied = document.execCommand("copy");
  }
  status.textContent = copied ? button.dataset.copied : button.dataset.notCopied;
  if (copied) button.focus();
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[data-copy-status]");
  button.hidden = false;
  button.addEventListener("click", () => copy(source, button, status));
  for (const link of document.querySelectorAll(`[data-copies="${button.dataset.copy}"]`)) {
    link.addEventListener("click", () => button.click());
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
