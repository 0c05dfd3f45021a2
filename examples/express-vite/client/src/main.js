import "./page.css";

const output = document.querySelector("output");

document.querySelector("button").addEventListener("click", async () => {
  const answer = await fetch("/api/roll", { method: "POST" });
  const { roll, rolls } = await answer.json();
  output.value = `${roll} (roll ${rolls} of this process)`;
});
