import { app } from "./app.js";
import { pool } from "./database.js";

const port = process.env.PORT ?? 3000;
const server = app.listen(port, () => console.log(`listening on port ${port}`));

process.on("SIGTERM", () => {
  server.close(() => pool.end());
});
