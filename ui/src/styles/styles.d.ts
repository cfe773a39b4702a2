/** Vite extracts style sheets from the bundle; importing one returns nothing. */
declare module "*.css";
