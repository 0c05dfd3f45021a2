import { randomInt } from "node:crypto";
import express from "express";

const built = new URL("../client/dist/", import.meta.url).pathname;
let rolls = 0;

const app = express();
app.disable("x-powered-by");
app.get("/health", (request, response) => response.json({ status: "ok" }));
app.post("/api/roll", (request, response) => {
  rolls += 1;
  response.json({ roll: randomInt(1, 7), rolls });
});
// Names with a digest never change what they mean.
app.use("/assets", express.static(`${built}/assets`, { immutable: true, maxAge: "1y" }));
app.use(express.static(built));

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on port ${server.address().port}`);
});
process.on("SIGTERM", () => server.close());
