import express from "express";
import { pool } from "./database.js";

const page = (rows) => `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shopping list</title>
<h1>Shopping list</h1>
<form method="post" action="/items"><input name="name" maxlength="80" required autofocus>
<button>Add</button></form>
<ul>${rows.map((row) => `<li>${escaped(row.name)}</li>`).join("")}</ul>
</html>`;

const escaped = (text) =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);

export const app = express();
app.disable("x-powered-by");
app.use(express.json(), express.urlencoded({ extended: false }));

app.get("/health", async (request, response) => {
  await pool.query("SELECT 1");
  response.json({ status: "ok" });
});

app.get("/", async (request, response) => {
  const { rows } = await pool.query("SELECT name FROM item ORDER BY id DESC LIMIT 100");
  response.send(page(rows));
});

app.get("/items", async (request, response) => {
  const { rows } = await pool.query("SELECT id, name FROM item ORDER BY id DESC LIMIT 100");
  response.json(rows);
});

app.post("/items", async (request, response) => {
  const name = String(request.body?.name ?? "").trim();
  if (!name || name.length > 80) {
    return response.status(400).json({ error: "name: 1 to 80 characters" });
  }
  const { rows } = await pool.query("INSERT INTO item (name) VALUES ($1) RETURNING id", [name]);
  if (request.is("json")) return response.status(201).json({ id: rows[0].id, name });
  response.redirect(303, "/");
});
