// How the page is built: hashed names, nothing inlined (the page's Content-Security-Policy allows only its own
// files), no source maps in the binary, and relative addresses so that it works behind a path of a proxy.
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running logboom. */
const DAEMON = "http://127.0.0.1:2666";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: true,
  },
  server: { host: "127.0.0.1", proxy: { "/api": { target: DAEMON, changeOrigin: true } } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
