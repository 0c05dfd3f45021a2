import "./page.css";
import { pageOf, planets } from "./planets.js";

const nav = document.querySelector("nav");
const main = document.querySelector("main");

const show = () => {
  const page = pageOf(location.pathname);
  document.title = page.title;
  main.replaceChildren(...page.lines.map((text, at) => {
    const element = document.createElement(at ? "p" : "h1");
    element.textContent = text;
    return element;
  }));
};

for (const path of ["", ...Object.keys(planets)]) {
  const link = document.createElement("a");
  link.href = `/${path}`;
  link.textContent = path || "home";
  link.addEventListener("click", (event) => {
    event.preventDefault();
    history.pushState({}, "", link.href);
    show();
  });
  nav.append(link, " ");
}

addEventListener("popstate", show);
show();
