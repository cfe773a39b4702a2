import { expect, test } from "vitest";
import { updatePage } from "../bench/page.ts";

const PAGE = `# Figures

<!-- figures: one -->
old one
<!-- end of figures: one -->
Words between.
<!-- figures: two -->
old two
<!-- end of figures: two -->
`;

test("a measured case replaces its section; everything else stays", () => {
  expect(updatePage(PAGE, new Map([["two", "new two"]]))).toBe(PAGE.replace("old two", "new two"));
});

test("a new case is appended", () => {
  const page = updatePage(PAGE, new Map([["three", "new three"]]));
  expect(page).toBe(`${PAGE}\n<!-- figures: three -->\nnew three\n<!-- end of figures: three -->\n`);
});

test("a section without its end is left alone", () => {
  const torn = PAGE.replace("<!-- end of figures: two -->\n", "");
  expect(updatePage(torn, new Map([["two", "new two"]]))).toContain("old two");
});
