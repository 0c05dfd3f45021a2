/** @type {import("next").NextConfig} */
export default {
  // The same sources give the same names, whoever builds them.
  generateBuildId: () => process.env.npm_package_version ?? "1",
  poweredByHeader: false,
};
