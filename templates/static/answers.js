"use strict";
// A questionnaire filled in by keyboard: a letter or digit chooses, Enter leads on. Without this
// file the radio buttons do what they always do.
(function () {
  const box = document.querySelector("[data-questions]");
  if (!box) return;
  const form = box.closest("form");
  const all = [...box.querySelectorAll(".question")];
  const radios = (question) => [...question.querySelectorAll("input[type=radio]")];
  const chosen = (question) => radios(question).find((radio) => radio.checked);

  function answer(item) {
    const question = all.find((each) => each.dataset.item === item);
    if (!question || question.hidden) return undefined;
    const words = question.querySelector("textarea");
    if (words) return words.value.trim() || undefined;
    const radio = chosen(question);
    return radio && !radio.value.startsWith("~") ? radio.value : undefined;
  }

  function passes(test) {
    const known = answer(test.item);
    if (test.is === "exists") return (known !== undefined) === test.answer;
    if (known === undefined) return false;
    const [one, other] = typeof test.answer === "string" ? [known, test.answer] : [Number(known), test.answer];
    switch (test.is) {
      case "=": return one === other;
      case "!=": return one !== other;
      case ">": return one > other;
      case "<": return one < other;
      case ">=": return one >= other;
      default: return one <= other;
    }
  }

  // What is not asked is out of sight, unless something stands there that has to be seen.
  function showWhatIsAsked() {
    for (const question of all) {
      if (!question.dataset.when) continue;
      const when = JSON.parse(question.dataset.when);
      const asked = when.any ? when.tests.some(passes) : when.tests.every(passes);
      question.hidden = false;
      question.hidden = !asked && answer(question.dataset.item) === undefined && !question.matches(".wrong");
    }
  }

  function go(question, by) {
    const shown = all.filter((each) => !each.hidden);
    const next = shown[shown.indexOf(question) + by];
    if (!next) {
      if (by > 0) form.querySelector("button[type=submit]").focus();
      return;
    }
    const target = next.querySelector("textarea") || chosen(next) || radios(next)[0];
    target.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function choose(question, key) {
    const ten = radios(question).find((radio) => radio.dataset.key === "10");
    const now = chosen(question);
    const found = ten && key === "0" && now && now.dataset.key === "1"
      ? ten
      : radios(question).find((radio) => radio.dataset.key === key.toUpperCase());
    if (!found) return false;
    found.checked = true;
    found.focus();
    showWhatIsAsked();
    return true;
  }

  box.addEventListener("keydown", (event) => {
    const question = event.target.closest(".question");
    if (!question || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const inWords = event.target.matches("textarea");
    if (event.key === "Enter" && !(inWords && event.shiftKey)) {
      event.preventDefault();
      showWhatIsAsked();
      go(question, event.shiftKey ? -1 : 1);
    } else if (event.target.matches("input[type=radio]") && event.key.length === 1 && event.key !== " ") {
      if (choose(question, event.key)) event.preventDefault();
    }
  });
  box.addEventListener("change", showWhatIsAsked);
  box.addEventListener("input", showWhatIsAsked);
  showWhatIsAsked();
})();
