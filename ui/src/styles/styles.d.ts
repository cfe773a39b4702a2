/** Vite takes style sheets out of the bundle; importing one gives nothing. */
declare module "*.css";
