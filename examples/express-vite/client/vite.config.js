import { defineConfig } from "vite";

export default defineConfig({
  // `vite client` while developing: the API is what `npm start` serves.
  server: { proxy: { "/api": "http://localhost:3000" } },
});
